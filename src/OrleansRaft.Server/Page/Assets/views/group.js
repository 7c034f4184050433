// One group: who leads, what passes between its replicas, and what their logs hold.
import { html, useEffect, useSignal } from '../lib/html.js';
import { Refused, ask } from '../lib/api.js';
import { act, oraft } from '../lib/commands.js';
import { count, duration, list, plural } from '../lib/format.js';
import { nearest } from '../lib/nearest.js';
import { hrefOf, remember, route } from '../lib/route.js';
import { groups, revision, gone } from '../model/cluster.js';
import { begin, canKill, faults, faultsEnabled, onLink } from '../model/faults.js';
import { flightMilliseconds, flights, focusRevision, landFlights, lookAt, replicas, traffic } from '../model/focus.js';
import { startReading, stopReading, tail } from '../model/tail.js';
import { story } from '../model/story.js';
import { Lanes, Legend } from '../parts/lanes.js';
import { Ring } from '../parts/ring.js';
import { Seconds, seconds } from '../parts/seconds.js';
import { Story } from '../parts/story.js';

const boxWidth = 34;
const slowMilliseconds = 500;
const tickMillisecondsGuess = 50;
const entriesShown = 12;
const suggestionsMax = 12;

// What a replica last told, under what the cluster knows of it.
function nodesOf(group) {
  return group.replicas.map(known => {
    const told = { ...replicas.get(known.replica) };
    if (known.replica === group.leader) {
      told.lastIndex = endOfLeader(told);
    }
    const silo = known.silo ?? told.silo;
    const isUp = known.role !== 'unreachable' && !gone.value.has(silo);
    const isPaused = faults.value.some(fault => fault.kind === 'pause' && fault.group === group.group && fault.replica === known.replica);
    return {
      ...told,
      id: String(known.replica),
      replica: known.replica,
      label: String(known.replica),
      name: `Replica ${known.replica} on ${silo ?? 'no silo'}`,
      place: silo ?? 'nowhere',
      silo,
      role: isUp ? known.role : 'unreachable',
      term: known.term || null,
      isUp,
      isPaused,
      note: told.asleep && isUp ? 'asleep' : '',
      lead: known.replica === group.leader,
      first: (told.snapshotIndex ?? 0) + 1,
      last: told.lastIndex ?? 0,
      commit: told.commitIndex ?? 0,
      applied: told.appliedIndex ?? 0,
      snapshot: told.snapshotIndex ?? 0,
      termAt: index => (known.replica === group.leader ? termAt(index, group.term) : termIn(told, index, group.term)),
    };
  });
}

// Once an entry of the present term is read, all that follow are of this term too: terms never fall along a log.
function termAt(index, term) {
  const { terms, entries } = tail.value;
  const end = entries.at(-1);
  return terms.get(index) ?? (end && index > end.index && end.term === term ? term : undefined);
}

// Replicas do not tell at the same moment. Entries of its term come from the leader alone, so it holds whatever others already have of it.
function endOfLeader({ lastIndex = 0, term }) {
  return Math.max(lastIndex, ...[...replicas.values()].filter(other => other.lastTerm === term).map(other => other.lastIndex));
}

// What is not committed may differ from what the leader holds. Two logs whose ends have the same index and term are the same up to there (§5.3); of one
// that differs only its last term is known, and so are those between a committed entry of that term and the end.
function termIn({ commitIndex, lastIndex, lastTerm }, index, term) {
  if (index <= commitIndex || lastTerm === termAt(lastIndex, term)) {
    return termAt(index, term);
  }
  return index === lastIndex || termAt(commitIndex, term) === lastTerm ? lastTerm : undefined;
}

// Faults of this group alone name replicas, faults of silos name silos.
function isCut(group, from, to) {
  return faults.value.some(fault => {
    if (fault.group && fault.group !== group.group) {
      return false;
    }
    switch (fault.kind) {
      case 'cut': return fault.group
        ? (String(fault.from) === from.id && String(fault.to) === to.id) || (!fault.oneWay && String(fault.from) === to.id && String(fault.to) === from.id)
        : onLink(fault, from.silo, to.silo);
      case 'isolate': return fault.group ? (fault.replica === from.replica) !== (fault.replica === to.replica) : onLink(fault, from.silo, to.silo);
      case 'split': return fault.group ? fault.replicas.includes(from.replica) !== fault.replicas.includes(to.replica) : onLink(fault, from.silo, to.silo);
      default: return false;
    }
  });
}

function cutsOf(group, nodes) {
  return new Set(nodes.flatMap(from => nodes.filter(to => to !== from && isCut(group, from, to)).map(to => `${from.id}>${to.id}`)));
}

function frame(now) {
  landFlights(now);
  return {
    flights: flights.map(flight => ({ ...flight, from: String(flight.from), to: String(flight.to), share: (now - flight.start) / flightMilliseconds })),
    timers: new Map([...replicas.values()].filter(told => told.role !== 'leader').map(told => [String(told.replica), { term: told.term, share: timerOf(told, now) }])),
  };
}

function timerOf(told, now) {
  const ticks = told.electionTicks + Math.min(3, (now - told.at) / tickMillisecondsGuess);
  return told.electionTimeoutTicks ? ticks / told.electionTimeoutTicks : 0;
}

function transfer(group, node) {
  return act(oraft('group', 'transfer', group.group, node.replica),
    () => ask(`/api/v1/groups/${encodeURIComponent(group.group)}/leader`, { method: 'POST', body: { replica: node.replica } }),
    () => `replica ${node.replica} is asked to lead`);
}

function Actions({ group, node }) {
  const of = { group: group.group, replica: node.replica, seconds: seconds.value };
  return html`<div class="row">
    ${node.lead ? '' : html`<button onClick=${() => transfer(group, node)} disabled=${!node.isUp}>Make it the leader</button>`}
    ${faultsEnabled.value ? html`
      <button class="danger" onClick=${() => begin({ kind: 'isolate', ...of })}>Cut it off</button>
      <button class="danger" onClick=${() => begin({ kind: 'pause', ...of })}>Pause it</button>
      <button class="danger" onClick=${() => begin({ kind: 'slow', ...of, milliseconds: slowMilliseconds })}>Slow its disk</button>
      <button class="danger" onClick=${() => begin({ kind: 'fail', ...of })}>Fail its disk</button>
      ${canKill.value && node.silo ? html`<button class="danger" onClick=${() => begin({ kind: 'kill', silo: node.silo, seconds: seconds.value })}>Kill ${node.silo}</button>` : ''}
      <${Seconds} />` : html`<span class="soft small">Faults are off on this cluster (<code>Faults:Enabled</code>).</span>`}
  </div>`;
}

function Panel({ group, node, leader }) {
  const contact = node.lead ? null : leader && node.isUp && node.electionTicks !== undefined ? `${plural(node.electionTicks, 'tick')} ago` : '–';
  const behind = leader && !node.lead ? Math.max(0, leader.last - node.last) : null;
  const facts = [
    ['term', count(node.term)], ['last index', count(node.last)], ['committed', count(node.commit)], ['applied', count(node.applied)],
    ['snapshot', node.snapshot ? count(node.snapshot) : 'none'], ...(behind === null ? [] : [['behind the leader', count(behind)]]), ...(contact === null ? [] : [['last contact', contact]]),
  ];
  return html`<div class="replica-panel" data-testid="replica-panel">
    <h3>${node.name}${node.lead ? ', the leader' : ''}</h3>
    <dl class="facts">${facts.map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
    <${Actions} group=${group} node=${node} />
  </div>`;
}

function Honesty() {
  const { shown, leftOut } = traffic.value;
  const rate = `${plural(shown + leftOut, 'message')} in the last second`;
  return html`<p class="ring-foot" data-testid="sampling">${leftOut > 0 ? html`<b>Sampled:</b> ${rate}, of which ${count(shown)} are drawn` : rate}. Each is drawn for ${duration(flightMilliseconds)}, hundreds of times slower than it is.</p>`;
}

function Tail({ group }) {
  const { entries, refused } = tail.value;
  return html`<section class="card" aria-labelledby="log-title">
    <div class="head"><h2 id="log-title">The end of the log, in words</h2><code class="soft small push">${oraft('group', 'log', group)}</code></div>
    ${refused ? html`<p class="bad">${refused}</p>` : ''}
    <ol class="entries">${entries.slice(-entriesShown).reverse().map(entry => html`<li key=${`${entry.index}.${entry.term}`}>
      <span class="number">${count(entry.index)}</span><span class="mono">t${entry.term}</span><span title=${entry.text}>${entry.text}</span></li>`)}</ol>
  </section>`;
}

function sentence(group, leader) {
  return leader
    ? html`${group.group}: replica ${leader.label}${leader.silo ? ` on ${leader.silo}` : ''} leads in term ${leader.term}`
    : html`${group.group} <span class="bad">has no leader</span>`;
}

function Stage({ group }) {
  focusRevision.value;
  const nodes = nodesOf(group);
  const leader = nodes.find(node => node.lead);
  const chosen = nodes.find(node => node.id === route.value.parameters.replica) ?? leader ?? nodes[0];
  const progress = new Map((leader?.progress ?? []).map(known => [String(known.replica), { match: known.matchIndex, next: known.nextIndex, sent: known.sentBytes, size: known.sizeBytes }]));
  const ours = story.value.filter(entry => entry.group === group.group || (entry.group === null && entry.tone !== 'quiet'));
  const calm = leader ? `${leader.name} leads; ${list(nodes.filter(node => node !== leader && node.isUp).map(node => `replica ${node.label}`))} follow.` : 'Nobody leads.';
  return html`<h1 data-testid="sentence">${sentence(group, leader)}</h1>
    <div class="stage">
      <section class="card ring-card" aria-label="Ring">
        <${Ring} nodes=${nodes} leader=${leader?.id} cuts=${cutsOf(group, nodes)} frame=${frame} selected=${chosen?.id} onSelect=${id => remember({ replica: id })} />
        <${Honesty} />
      </section>
      <section class="card" aria-labelledby="story-title">
        <h2 id="story-title">What just happened</h2>
        <${Story} entries=${ours} limit=${6} calm=${calm} />
        ${chosen ? html`<${Panel} group=${group} node=${chosen} leader=${leader} />` : ''}
      </section>
    </div>
    <section class="card" aria-labelledby="lanes-title">
      <div class="head"><h2 id="lanes-title">Logs</h2>${group.rate > 20 ? html`<span class="soft small">${count(Math.round(group.rate))} entries a second: what is shown is the end of the log, ten times a second</span>` : ''}</div>
      <${Lanes} nodes=${nodes} textOf=${(index, term) => (tail.value.terms.get(index) === term ? tail.value.texts.get(index) : undefined)} progress=${progress} boxWidth=${boxWidth} />
      <${Legend}><span>the number inside is the term</span><//>
    </section>
    <${Tail} group=${group.group} />`;
}

/** A name that no group has, and where to go from it. */
function Unknown({ name }) {
  const near = nearest(name, [...groups.keys()], suggestionsMax);
  return html`<div role="alert"><h1 data-testid="problem">There is no group ${name}</h1></div>
    ${near.length ? html`<p>${groups.size > near.length ? 'Groups with similar names' : 'The groups of this cluster'}:</p>
      <ul class="near" data-testid="suggestions">${near.map(other => html`<li key=${other}><a href=${hrefOf('groups', other)}>${other}</a></li>`)}</ul>` : ''}`;
}

export function Group({ name }) {
  revision.value;
  const unknown = useSignal(false);
  useEffect(() => {
    lookAt(name);
    startReading(name);
    ask(`/api/v1/groups/${encodeURIComponent(name)}`).catch(error => {
      if (error instanceof Refused && error.status === 404) {
        unknown.value = true;
        lookAt('');
      }
    });
    return () => {
      lookAt('');
      stopReading();
    };
  }, [name]);
  const group = groups.get(name);
  return html`<div class="stack">
    <p class="small"><a href=${hrefOf('')}>All groups</a></p>
    ${unknown.value ? html`<${Unknown} name=${name} />`
      : group ? html`<${Stage} group=${group} />`
      : html`<h1>${name}</h1><p class="empty">Asking for it …</p>`}
  </div>`;
}
