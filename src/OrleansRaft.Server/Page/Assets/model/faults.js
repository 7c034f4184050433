// Faults that somebody put into the running cluster, and what heals them.
import { computed, signal } from '../lib/html.js';
import { ask } from '../lib/api.js';
import { act, here, oraft } from '../lib/commands.js';

const byId = signal(new Map());

// What this page knows to be over: an answer that was on its way meanwhile, such as a snapshot, may still name it.
const over = new Set();

/** Whether this cluster allows faults; null until it said so. */
export const faultsEnabled = signal(null);
export const canKill = signal(false);

/** Active faults, the latest first; `endsAt` is in this browser's time. */
export const faults = computed(() => [...byId.value.values()].sort((left, right) => right.endsAt - left.endsAt));

export const defaultSeconds = 30;

function withEnd(fault) {
  return { ...fault, endsAt: Date.now() + fault.healsInMilliseconds };
}

/** What a snapshot says. */
export function takeFaults(enabled, list) {
  faultsEnabled.value = enabled;
  byId.value = new Map(list.filter(fault => !over.has(fault.fault)).map(fault => [fault.fault, withEnd(fault)]));
}

/** One that began or healed. */
export function noteFault({ fault, state }) {
  const known = new Map(byId.peek());
  if (state === 'healed') {
    over.add(fault.fault);
    known.delete(fault.fault);
  } else if (!over.has(fault.fault)) {
    known.set(fault.fault, withEnd(fault));
  }
  byId.value = known;
}

/** Learns once what is possible here. */
export async function startFaults() {
  try {
    const answer = await ask('/api/v1/faults');
    faultsEnabled.value = answer.enabled;
    canKill.value = answer.canKill;
  } catch {
    // The stream's snapshot tells whether faults are enabled; only whether silos can be killed stays unknown, and is taken for no.
  }
}

/** Puts a fault into the cluster. The answer names the command that does the same. */
export function begin(fault) {
  const command = oraft('fault', fault.kind);
  return act(command, async () => {
    const answer = await ask('/api/v1/faults', { method: 'POST', body: { seconds: defaultSeconds, ...fault } });
    noteFault({ fault: answer, state: 'began' });
    return answer;
  }, answer => ({ command: here(answer.command), outcome: `${answer.text} It heals in ${answer.seconds} s.` }));
}

export function heal(fault) {
  return act(oraft('fault', 'heal', fault.fault), async () => {
    await ask(`/api/v1/faults/${fault.fault}`, { method: 'DELETE' });
    noteFault({ fault, state: 'healed' });
  }, () => 'healed');
}

export function healAll() {
  return act(oraft('fault', 'heal'), async () => {
    const all = faults.peek();
    await ask('/api/v1/faults', { method: 'DELETE' });
    all.forEach(fault => noteFault({ fault, state: 'healed' }));
  }, () => 'all healed');
}

/** Whether a fault keeps messages of replicas on one silo from replicas on another, or slows them. */
export function onLink(fault, from, to) {
  const other = fault.oneWay === true;
  switch (fault.kind) {
    case 'cut':
    case 'delay':
      return !fault.group && ((fault.from === from && fault.to === to) || (!other && fault.from === to && fault.to === from));
    case 'isolate':
      return fault.silo !== null && fault.silo !== undefined && (fault.silo === from) !== (fault.silo === to);
    case 'split':
      return Array.isArray(fault.silos) && fault.silos.includes(from) !== fault.silos.includes(to);
    default:
      return false;
  }
}
