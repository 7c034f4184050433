// The stream of events: opened with a focus, resumed by the browser where it broke, opened anew where it cannot be.
import { signal } from '../lib/html.js';

const silenceMilliseconds = 6000;
const hiddenMilliseconds = 20_000;
const retryMilliseconds = 1000;

/** How the stream fares: connecting, live or lost; since when what is shown is old; and why. */
export const connection = signal({ state: 'connecting', since: Date.now(), detail: '' });

const types = [
  'reset', 'snapshot', 'role', 'vote', 'message', 'replica', 'commit', 'snapshot-taken', 'snapshot-installed',
  'entry-skipped', 'version-raised', 'membership', 'lane', 'silo', 'fault', 'sampled', 'stats',
];

let source = null;
let group = '';
let handle = () => {};
let heard = Date.now();
let retry = 0;
let hidden = 0;

/** Opens the stream. Every event goes to the handler. */
export function listen(handler) {
  handle = handler;
  open();
  setInterval(watch, 1000);
  document.addEventListener('visibilitychange', turn);
  addEventListener('offline', () => lose('This computer is offline.'));
}

/** Puts a group in focus, or none: its messages are part of the stream then. */
export function focusOn(name) {
  if (name !== group) {
    group = name;
    open();
  }
}

function open() {
  clearTimeout(retry);
  source?.close();
  const opened = new EventSource(`/api/v1/events${group ? `?group=${encodeURIComponent(group)}` : ''}`);
  source = opened;
  opened.onopen = () => { heard = Date.now(); };
  opened.onerror = () => {
    if (source === opened) {
      lose('The server does not answer.');
      if (opened.readyState === EventSource.CLOSED) {
        retry = setTimeout(open, retryMilliseconds);
      }
    }
  };
  for (const type of types) {
    opened.addEventListener(type, event => {
      if (source === opened) {
        take(JSON.parse(event.data));
      }
    });
  }
}

function take(event) {
  heard = Date.now();
  if (connection.peek().state !== 'live') {
    connection.value = { state: 'live', since: heard, detail: '' };
  }
  handle(event);
}

function lose(detail) {
  const { state } = connection.peek();
  if (state !== 'lost') {
    connection.value = { state: 'lost', since: heard, detail };
  }
}

// A stream says something every second. One that is silent is broken, even where nobody told the browser.
function watch() {
  if (source && source.readyState === EventSource.OPEN && Date.now() - heard > silenceMilliseconds) {
    lose('The server has fallen silent.');
    open();
  }
}

// Nobody looks at a hidden page: the cluster need not tell it anything.
function turn() {
  clearTimeout(hidden);
  if (document.hidden) {
    hidden = setTimeout(() => {
      source?.close();
      source = null;
    }, hiddenMilliseconds);
  } else if (!source) {
    open();
  }
}
