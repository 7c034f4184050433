// What the cluster says of itself, kept from its events. Views read it; nothing here asks.
import { computed, signal } from '../lib/html.js';
import { listen } from './connection.js';
import { faults, noteFault, takeFaults } from './faults.js';
import { forgetFocus, noteFocus } from './focus.js';
import { noteStory, tellDifference } from './story.js';

const historySeconds = 300;
const drawMilliseconds = 100;

/** Groups by name, changed in place; whoever shows them reads the revision. */
export const groups = new Map();
export const revision = signal(0);
export const silos = signal([]);
const dead = signal(new Set());
/** Silos that the others declared dead, and those that were killed on purpose and are dead before anybody noticed. */
export const gone = computed(() => new Set([...dead.value, ...faults.value.filter(fault => fault.kind === 'kill').map(fault => fault.silo)]));
/** Links between silos on which messages are lost: from>to. */
export const broken = signal(new Set());
export const stats = signal(null);
/** The last minutes: times in Unix seconds, commits per second, and percentiles in milliseconds. */
export const past = [[], [], [], []];

export const leaderless = computed(() => {
  revision.value;
  return [...groups.values()].filter(group => group.leader === null);
});

const byName = new Intl.Collator('en', { numeric: true }).compare;
let names = [];
let sorted = true;
let parts = null;
let timer = 0;

/** The names of all groups, in order. */
export function sortedNames() {
  if (!sorted) {
    names = [...groups.keys()].sort(byName);
    sorted = true;
  }
  return names;
}

export function startCluster() {
  listen(take);
}

// However much happens, views of the whole are drawn ten times a second: more could not be read.
function changed() {
  timer ||= setTimeout(() => {
    timer = 0;
    revision.value++;
  }, drawMilliseconds);
}

const handlers = {
  reset() {
    parts = null;
    forgetFocus();
  },
  snapshot: takeSnapshot,
  role: takeRole,
  commit(event) {
    const group = groups.get(event.group);
    if (group) {
      group.commit = event.index;
    }
  },
  lane({ from, to, state }) {
    broken.value = withOrWithout(broken.peek(), `${from}>${to}`, state === 'broken');
  },
  // A silo that is about to join serves nothing yet: only one that is active is there.
  silo({ name, status }) {
    const isActive = status === 'active';
    if (name && (isActive || ['dead', 'shuttingdown', 'stopping'].includes(status))) {
      dead.value = withOrWithout(dead.peek(), name, !isActive);
      if (isActive && !silos.peek().includes(name)) {
        silos.value = [...silos.peek(), name].sort(byName);
      }
      groups.forEach(judge);
    }
  },
  fault(event) {
    noteFault(event);
    // A killed silo is gone until it is heard of, whether the fault is over or not.
    if (event.fault.kind === 'kill' && event.state === 'began') {
      dead.value = withOrWithout(dead.peek(), event.fault.silo, true);
    }
    groups.forEach(judge);
  },
  stats: takeStats,
};

function take(event) {
  noteStory(event, groups, broken.peek());
  handlers[event.type]?.(event);
  noteFocus(event);
  changed();
}

function takeSnapshot(event) {
  parts ??= [];
  parts.push(...event.groups);
  if (event.more) {
    return;
  }
  const known = new Map(groups);
  groups.clear();
  for (const part of parts) {
    const old = known.get(part.group);
    groups.set(part.group, { rate: 0, lag: 0, commit: old?.commit ?? 0, ...part });
    if (old) {
      rememberUnreachable(part.replicas, old.replicas);
      tellDifference(event, old, part);
    }
  }
  parts = null;
  sorted = false;
  silos.value = [...event.silos].sort(byName);
  dead.value = new Set();
  broken.value = new Set();
  takeFaults(event.faultsEnabled, event.faults);
}

// Of a replica that does not answer the cluster may not know where it was; this page does.
function rememberUnreachable(replicas, before) {
  for (const replica of replicas.filter(other => other.role === 'unreachable')) {
    const known = before.find(other => other.replica === replica.replica);
    replica.silo ??= known?.silo ?? null;
    replica.term ||= known?.term ?? null;
  }
}

function takeRole(event) {
  const group = groups.get(event.group);
  if (!group) {
    return;
  }
  let replica = group.replicas.find(other => other.replica === event.replica);
  if (!replica) {
    replica = { replica: event.replica };
    group.replicas.push(replica);
    group.replicas.sort((left, right) => left.replica - right.replica);
  }
  Object.assign(replica, { silo: event.silo, role: event.role, term: event.term, follows: event.leader });
  group.term = Math.max(group.term, event.term);
  dead.value = withOrWithout(dead.peek(), event.silo, false);
  judge(group);
}

// A leader is whoever says so in the latest term, while no majority of the replicas that are heard from knows of none.
function judge(group) {
  const heard = group.replicas.filter(replica => replica.role !== 'unreachable' && !gone.peek().has(replica.silo));
  const leader = heard.filter(replica => replica.role === 'leader').sort((left, right) => right.term - left.term)[0];
  const following = heard.map(replica => replica.follows).filter(Number.isInteger);
  const doubting = heard.filter(replica => replica.follows === null && replica.role !== 'leader').length;
  group.leader = leader && leader.term >= group.term && doubting * 2 <= group.replicas.length
    ? leader.replica
    : following.find(id => heard.some(replica => replica.replica === id && replica.role === 'leader')) ?? null;
}

function takeStats(event) {
  stats.value = event;
  for (const group of groups.values()) {
    group.rate = 0;
    group.lag = 0;
  }
  for (const busy of event.groups) {
    const group = groups.get(busy.group);
    if (group) {
      group.rate = busy.commitsPerSecond;
      group.lag = busy.lag;
    }
  }
  const { p50Milliseconds, p99Milliseconds } = event.proposals;
  [event.time / 1000, event.commitsPerSecond, p50Milliseconds, p99Milliseconds].forEach((value, index) => {
    past[index].push(value);
    if (past[index].length > historySeconds) {
      past[index].shift();
    }
  });
}

/** A set with or without one element. */
export function withOrWithout(set, element, isIn) {
  if (set.has(element) === isIn) {
    return set;
  }
  const changedSet = new Set(set);
  if (isIn) {
    changedSet.add(element);
  } else {
    changedSet.delete(element);
  }
  return changedSet;
}

