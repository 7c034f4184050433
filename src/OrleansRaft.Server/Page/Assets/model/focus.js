// The group that is looked at closely: its replicas as they last told, and its messages on their way.
import { signal } from '../lib/html.js';
import { focusOn } from './connection.js';

/** How long a message is drawn. The real ones take about a millisecond, which nobody could see. */
export const flightMilliseconds = 650;
const flightsMax = 220;
const smoothingMilliseconds = 150;

/** The latest state of each replica by its number, changed in place; whoever shows it reads the revision. */
export const replicas = new Map();
export const focusRevision = signal(0);
/** How many messages of the last second are shown, and how many are not. */
export const traffic = signal({ shown: 0, leftOut: 0 });

/** Messages that are drawn at the moment, the oldest first. */
export const flights = [];

let group = '';
let frame = 0;
let shown = 0;
let leftOut = 0;
let counting = 0;
const skews = new Map();

/** Looks at a group until told otherwise. */
export function lookAt(name) {
  forgetFocus();
  group = name;
  focusOn(name);
  clearInterval(counting);
  counting = name ? setInterval(countTraffic, 1000) : 0;
}

export function forgetFocus() {
  replicas.clear();
  flights.length = 0;
  focusRevision.value++;
}

function countTraffic() {
  traffic.value = { shown, leftOut };
  shown = 0;
  leftOut = 0;
}

const handlers = {
  message(event) {
    if (flights.length >= flightsMax) {
      leftOut++;
      return;
    }
    shown++;
    flights.push({ start: startOf(event), ...event });
  },
  replica(event) {
    replicas.set(event.replica, { ...event, at: performance.now() });
    changed();
  },
  role(event) {
    const known = replicas.get(event.replica);
    if (known) {
      Object.assign(known, { role: event.role, term: event.term, silo: event.silo });
      changed();
    }
  },
  sampled(event) {
    if (event.of === 'message') {
      leftOut += event.leftOut;
    }
  },
};

/** Takes what concerns the group. */
export function noteFocus(event) {
  if (group && event.group === group) {
    handlers[event.type]?.(event);
  }
}

/** Forgets messages that have arrived. */
export function landFlights(now) {
  let landed = 0;
  while (landed < flights.length && now - flights[landed].start > flightMilliseconds) {
    landed++;
  }
  flights.splice(0, landed);
}

// Events come in bundles. They are drawn a little later, as far apart as they happened.
function startOf({ silo, time }) {
  const now = performance.now();
  const skew = Math.min(skews.get(silo) ?? Infinity, now - time);
  skews.set(silo, skew);
  const start = Math.min(now + 2 * smoothingMilliseconds, Math.max(now, time + skew + smoothingMilliseconds));
  return Math.max(start, flights.at(-1)?.start ?? 0);
}

function changed() {
  frame ||= requestAnimationFrame(() => {
    frame = 0;
    focusRevision.value++;
  });
}
