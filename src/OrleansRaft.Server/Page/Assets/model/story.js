// Events in sentences: what just happened.
import { signal } from '../lib/html.js';
import { list } from '../lib/format.js';

const keptMax = 80;
const recent = 8;

/** What happened, the latest first: `{number, at, group, term, tone, text, times}`. */
export const story = signal([]);

let number = 0;
let waiting = [];
const repeated = new Set();
let frame = 0;

const rank = { 'pre-candidate': 1, candidate: 2, leader: 3 };

// Of a replica that lives nowhere, or of a silo that has just appeared, no silo's name may be known.
function on(silo) {
  return silo ? ` on ${silo}` : '';
}

function who(event) {
  return `Replica ${event.replica}${on(event.silo)}`;
}

const silent = { tone: 'quiet' };
const silos = {
  dead: name => ({ tone: 'trouble', text: `${name} was declared dead.` }),
  active: name => ({ tone: 'good', text: `${name} is a member of the cluster.` }),
  created: name => ({ ...silent, text: `${name} starts.` }),
  joining: name => ({ ...silent, text: `${name} is about to join.` }),
  shuttingdown: name => ({ ...silent, text: `${name} hands over and stops.` }),
  stopping: name => ({ ...silent, text: `${name} stops.` }),
};

const tellers = {
  role(event, groups) {
    const before = groups.get(event.group)?.replicas.find(other => other.replica === event.replica);
    switch (event.role) {
      case 'leader':
        return { tone: 'lead', text: `${who(event)} became leader in term ${event.term}${event.voters ? ` with ${event.votes} of ${event.voters} votes` : ''}.` };
      case 'candidate':
        return { text: `${who(event)} stands for election in term ${event.term} and votes for itself.` };
      case 'pre-candidate':
        return { text: `${who(event)} no longer hears a leader, and asks the others whether it could win.` };
      default:
        if (rank[before?.role] === 3) {
          return { tone: 'trouble', text: event.term > before.term ? `${who(event)} steps down: it has seen term ${event.term}.` : `${who(event)} steps down: no majority answers it.` };
        }
        return Number.isInteger(event.leader) && event.leader !== before?.follows && (before?.follows !== undefined || before?.term !== event.term)
          ? { tone: 'quiet', text: `${who(event)} follows replica ${event.leader} in term ${event.term}.` }
          : null;
    }
  },
  vote: event => event.candidate === event.replica ? null : event.granted
    ? { text: `${who(event)} votes for replica ${event.candidate} in term ${event.term}.` }
    : { tone: 'quiet', text: `${who(event)} refuses replica ${event.candidate} its vote in term ${event.term}.` },
  'snapshot-taken': event => ({ tone: 'quiet', text: `${who(event)} took a snapshot up to index ${event.index}.` }),
  'snapshot-installed': event => ({ text: `${who(event)} was too far behind for the log: it took its leader's snapshot up to index ${event.index}.` }),
  'version-raised': event => ({ tone: 'calm', text: `${who(event)} works at version ${event.version} of its state machine from index ${event.index} on.` }),
  'entry-skipped': event => ({ tone: 'trouble', text: `${who(event)} passes over the entry at index ${event.index}${event.text ? ` (${event.text})` : ''}, which halted its state machine: an operator has skipped it.` }),
  membership: event => ({ text: `${who(event)} now counts ${list(event.voters.map(String))} as voters${event.learners.length ? `, ${list(event.learners.map(String))} as learners` : ''}${event.isJoint ? ', in a joint configuration' : ''}.` }),
  lane: (event, _, broken) => event.state === 'broken'
    ? { tone: 'trouble', isMinor: true, text: `${event.to} acknowledges no messages from ${event.from}.` }
    : broken.has(`${event.from}>${event.to}`) ? { tone: 'good', isMinor: true, text: `${event.to} acknowledges messages from ${event.from} again.` } : null,
  silo: event => event.name ? silos[event.status]?.(event.name) : null,
  // A silo that was killed need not be back when the fault is over: it is told of when it has joined.
  fault: ({ fault, state }) => state === 'began'
    ? { tone: 'trouble', text: fault.text }
    : fault.kind === 'kill' ? { ...silent, text: `${fault.silo} is no longer kept down.` } : { tone: 'good', text: `Healed: ${fault.text}` },
};

/** Tells an event, if it is worth telling; before the state of its group is changed by it. */
export function noteStory(event, groups, broken) {
  const told = tellers[event.type]?.(event, groups, broken);
  if (told) {
    tell({ at: new Date(event.time), group: event.group ?? event.fault?.group ?? null, term: event.term, ...told });
  }
}

/** Tells what must have happened to a group while nobody could be heard: its silo may have died with the stream. */
export function tellDifference(event, before, now) {
  if (now.leader !== null && (now.leader !== before.leader || now.term !== before.term)) {
    const silo = now.replicas.find(replica => replica.replica === now.leader)?.silo;
    tell({ at: new Date(event.time), group: now.group, term: now.term, tone: 'lead', text: `Meanwhile replica ${now.leader}${on(silo)} became leader in term ${now.term}.` });
  }
}

/** Whether something is worth large letters: lanes break and mend too often for them. */
export function isHeadline(entry) {
  return entry.tone !== 'quiet' && !entry.isMinor;
}

// However often lanes break, the last thing that mattered stays.
function bounded(entries) {
  const kept = entries.slice(0, keptMax);
  return kept.some(isHeadline) ? kept : [...kept, ...entries.filter(isHeadline).slice(0, 1)];
}

// A candidate that cannot win says the same again and again: it is told once, with how often.
function push(entry) {
  const old = [...waiting].reverse().concat(story.peek()).slice(0, recent).find(other => other.text === entry.text && other.group === entry.group && other.tone === entry.tone);
  if (old) {
    repeated.add(old.number);
  }
  waiting.push({ ...entry, number: number++, times: (old?.times ?? 0) + 1 });
}

function tell(entry) {
  push({ tone: '', ...entry });
  frame ||= requestAnimationFrame(() => {
    frame = 0;
    story.value = bounded([...waiting.reverse(), ...story.peek()].filter(other => !repeated.has(other.number)));
    repeated.clear();
    waiting = [];
  });
}
