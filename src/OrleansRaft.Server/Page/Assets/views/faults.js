// Faults: what is at work, with what heals it, and things to try.
import { html, useEffect, useSignal } from '../lib/html.js';
import { plural, remaining } from '../lib/format.js';
import { groups, revision, gone, silos, sortedNames } from '../model/cluster.js';
import { begin, canKill, faults, faultsEnabled, heal, healAll } from '../model/faults.js';
import { remember, route } from '../lib/route.js';
import { Seconds, seconds } from '../parts/seconds.js';

const slowMilliseconds = 500;
const listMax = 500;

function Preset({ title, about, children }) {
  return html`<article class="preset"><h3>${title}</h3><p>${about}</p><div class="row">${children}</div></article>`;
}

function SiloSelect({ chosen, label }) {
  return html`<select aria-label=${label} value=${chosen.value} onChange=${event => { chosen.value = event.target.value; }}>${silos.value.map(name => html`<option key=${name}>${name}</option>`)}</select>`;
}

// The smaller side, with the leader in it: two of five, one of three.
function smallerSide(group) {
  const side = Math.max(1, Math.floor((group.replicas.length - 1) / 2));
  const leaderFirst = [...group.replicas].sort((left, right) => (right.replica === group.leader) - (left.replica === group.leader));
  return leaderFirst.slice(0, side).map(replica => replica.replica);
}

function GroupPresets() {
  revision.value;
  const names = sortedNames();
  const name = groups.has(route.value.parameters.group) ? route.value.parameters.group : names[0];
  const group = groups.get(name);
  if (!group) {
    return '';
  }
  const of = { group: name, seconds: seconds.value };
  const side = smallerSide(group);
  const split = `${side.length}–${group.replicas.length - side.length}`;
  return html`<section class="stack tight" aria-labelledby="one-group">
    <div class="row"><h2 id="one-group">In one group</h2>
      <input list="group-names" value=${name} onChange=${event => remember({ group: event.target.value })} aria-label="Group" />
      <datalist id="group-names">${names.slice(0, listMax).map(other => html`<option key=${other} value=${other} />`)}</datalist></div>
    <div class="presets">
      <${Preset} title="Isolate the leader" about="It neither sends nor hears. The others elect another; it steps down for want of a majority, and rolls back what it could not commit.">
        <button class="danger" onClick=${() => begin({ kind: 'isolate', replica: 'leader', ...of })}>Isolate the leader</button><//>
      <${Preset} title=${`Split ${split}`} about="Two sides that do not hear each other, the leader on the smaller one. Only the larger one can commit.">
        <button class="danger" disabled=${group.replicas.length < 2} onClick=${() => begin({ kind: 'split', replicas: side, ...of })}>Split ${split}</button><//>
      <${Preset} title="Slow disk" about=${`Every write of the leader takes ${slowMilliseconds} ms longer. Followers write at the same time, so a majority can be durable before the leader is.`}>
        <button class="danger" onClick=${() => begin({ kind: 'slow', replica: 'leader', milliseconds: slowMilliseconds, ...of })}>Slow the leader's disk</button><//>
      <${Preset} title="Pause the leader" about="As a long collection of garbage does. When it wakes it believes that it still leads, until it hears of the new term.">
        <button class="danger" onClick=${() => begin({ kind: 'pause', replica: 'leader', ...of })}>Pause the leader</button><//>
    </div>
  </section>`;
}

function SiloPresets() {
  const chosen = useSignal('');
  const alive = silos.value.filter(name => !gone.value.has(name));
  if (!alive.includes(chosen.value)) {
    chosen.value = alive[0] ?? '';
  }
  const of = { silo: chosen.value, seconds: seconds.value };
  return html`<section class="stack tight" aria-labelledby="one-silo">
    <div class="row"><h2 id="one-silo">On one silo</h2><${SiloSelect} chosen=${chosen} label="Silo" /></div>
    <div class="presets">
      <${Preset} title="Cut it off" about="All its replicas fall silent at once. Every group that it leads elects another leader.">
        <button class="danger" onClick=${() => begin({ kind: 'isolate', ...of })}>Cut ${chosen.value} off</button><//>
      <${Preset} title="Slow its store" about=${`Every write of every replica on it takes ${slowMilliseconds} ms longer.`}>
        <button class="danger" onClick=${() => begin({ kind: 'slow', milliseconds: slowMilliseconds, ...of })}>Slow ${chosen.value}</button><//>
      <${Preset} title="Fail its store" about="Its replicas stop rather than promise what they cannot keep, and come back when it heals.">
        <button class="danger" onClick=${() => begin({ kind: 'fail', ...of })}>Fail ${chosen.value}'s store</button><//>
      ${canKill.value ? html`<${Preset} title="Kill it" about="It dies without a goodbye, and comes back when the fault heals.">
        <button class="danger" onClick=${() => begin({ kind: 'kill', ...of })}>Kill ${chosen.value}</button><//>` : ''}
    </div>
  </section>`;
}

function Ongoing() {
  const now = useSignal(Date.now());
  useEffect(() => {
    const timer = setInterval(() => { now.value = Date.now(); }, 500);
    return () => clearInterval(timer);
  }, []);
  return html`<section class="card" aria-labelledby="ongoing-title">
    <div class="head"><h2 id="ongoing-title">At work</h2>${faults.value.length > 1 ? html`<button class="small push" onClick=${healAll}>Heal all</button>` : ''}</div>
    ${faults.value.length ? html`<ul class="ongoing" data-testid="ongoing">${faults.value.map(fault => html`<li key=${fault.fault}><span>${fault.text}</span><span class="soft push">heals in ${remaining(fault.endsAt - now.value)}</span><button class="small" onClick=${() => heal(fault)}>Heal now</button></li>`)}</ul>`
      : html`<p class="soft">Nothing is broken on purpose.</p>`}
  </section>`;
}

export function Faults() {
  const isEnabled = faultsEnabled.value;
  return html`<div class="stack">
    <h1>${isEnabled === false ? 'Faults are off on this cluster' : faults.value.length ? `${plural(faults.value.length, 'fault')} at work` : 'Break something, and watch it heal'}</h1>
    ${isEnabled === false
      ? html`<p class="soft" data-testid="faults-off">A production cluster should not be broken by a click. Start its silos with <code>--set Faults:Enabled=true</code> to allow it, or try <code>oraft demo</code>.</p>`
      : html`<${Seconds}>Every fault heals by itself after<//><${Ongoing} /><${GroupPresets} /><${SiloPresets} />`}
  </div>`;
}
