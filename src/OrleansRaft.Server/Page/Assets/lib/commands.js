// The command line's equivalent of everything that can be seen or done here.
import { computed, signal } from './html.js';
import { Refused, Unreachable } from './api.js';
import { standalone } from './place.js';
import { route } from './route.js';
import { views } from './views.js';

const usualServer = 'http://127.0.0.1:5080';
const plain = /^[A-Za-z0-9._:/@%+=,-]+$/;

function quote(word) {
  const text = String(word);
  return plain.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** A command that the server told: it does not know under which address it is seen. */
export function here(command) {
  return !standalone && location.origin !== usualServer ? `${command} --server ${location.origin}` : command;
}

/** A command as one would type it in a shell. */
export function oraft(...words) {
  return here(['oraft', ...words.filter(word => word !== undefined && word !== '').map(quote)].join(' '));
}

const looking = computed(() => {
  const seen = views.get(standalone || route.value.view);
  return seen?.command ? oraft(...seen.command(route.value)) : oraft('watch');
});

/** What was done last: the command, and how it went. */
export const done = signal(null);

/** What the shell's line shows. */
export const shown = computed(() => done.value?.at === route.value ? done.value : { command: looking.value });

/** Does something, and shows its command with the outcome in words; a server may know the command better. Answers undefined when it failed. */
export async function act(command, work, describe = () => 'done') {
  const at = route.peek();
  done.value = { at, command, outcome: '…' };
  try {
    const result = await work();
    const said = describe(result);
    done.value = { at: route.peek(), command, ...(typeof said === 'string' ? { outcome: said } : said) };
    return result;
  } catch (error) {
    if (!(error instanceof Refused || error instanceof Unreachable)) {
      throw error;
    }
    const outcome = error instanceof Refused ? error.message : `No answer (${error.message}). Whether it happened is not known; try again.`;
    done.value = { at: route.peek(), command, outcome, failed: true };
    return undefined;
  }
}
