// The end of a group's log, read as it grows: what its entries say, and in which terms they were made.
import { signal } from '../lib/html.js';
import { Refused, ask } from '../lib/api.js';
import { replicas } from './focus.js';

const kept = 80;
const pauseMilliseconds = 400;
const nothing = { entries: [], terms: new Map(), texts: new Map(), refused: '' };

export const tail = signal(nothing);

let timer = 0;
let group = '';
let read = '';

export function startReading(name) {
  group = name;
  read = '';
  tail.value = nothing;
  beat();
}

export function stopReading() {
  group = '';
  clearTimeout(timer);
}

// One question at a time, and none while nothing changed or nobody looks.
async function beat() {
  const name = group;
  const ends = [...replicas.values()].map(replica => `${replica.term}.${replica.lastIndex}`).join();
  if (ends !== read && ends && !document.hidden) {
    await readEnd(name, ends);
  }
  if (group === name) {
    clearTimeout(timer);
    timer = setTimeout(beat, pauseMilliseconds);
  }
}

async function readEnd(name, ends) {
  const end = Math.max(...[...replicas.values()].map(replica => replica.lastIndex));
  try {
    const page = await ask(`/api/v1/groups/${encodeURIComponent(name)}/log?after=${Math.max(0, end - kept)}&limit=${2 * kept}`);
    if (group === name) {
      read = ends;
      tail.value = {
        entries: page.entries,
        terms: new Map(page.entries.map(entry => [entry.index, entry.term])),
        texts: new Map(page.entries.map(entry => [entry.index, entry.text])),
        refused: '',
      };
    }
  } catch (error) {
    if (group === name && error instanceof Refused) {
      tail.value = { ...tail.value, refused: error.message };
    }
  }
}
