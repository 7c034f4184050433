// What is wrong anywhere in the cluster until somebody mends it. Events tell what happens; an alarm stands.
import { signal } from '../lib/html.js';
import { ask } from '../lib/api.js';

const everyMilliseconds = 2000;

/** As `/health/alarms` lists them. */
export const alarms = signal([]);

let isAsking = false;

// One question at a time: a server that does not answer is told of by the stream of events.
async function look() {
  if (isAsking || document.hidden) {
    return;
  }
  isAsking = true;
  try {
    const answer = await ask('/health/alarms');
    if (answer.alarms.length || alarms.peek().length) {
      alarms.value = answer.alarms;
    }
  } catch {
    // Nothing is known until the next answer, and what was wrong is most likely still so.
  } finally {
    isAsking = false;
  }
}

/** Begins to ask. */
export function startAlarms() {
  look();
  setInterval(look, everyMilliseconds);
}
