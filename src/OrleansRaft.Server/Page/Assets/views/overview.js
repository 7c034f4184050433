// The whole cluster at a glance: silos x groups, those without a leader first.
import { html, useSignal } from '../lib/html.js';
import { count, duration, list, plural, short } from '../lib/format.js';
import { remember, route } from '../lib/route.js';
import { groups, leaderless, past, revision, gone, silos, sortedNames, stats } from '../model/cluster.js';
import { story } from '../model/story.js';
import { Chart } from '../parts/chart.js';
import { GroupTable } from '../parts/group-table.js';
import { Story } from '../parts/story.js';
import { Weave } from '../parts/weave.js';

const weaveFrom = 60;
const chartHeight = 130;

const commitsUnit = { least: 10, write: short };
const latencyUnit = { least: 5, write: value => `${short(value)} ms` };

/** The names of the groups that are wanted, those without a leader first. */
function orderOf(wanted) {
  const text = wanted.trim().toLowerCase();
  const matches = name => !text || name.toLowerCase().includes(text) || groups.get(name).replicas.some(replica => replica.silo?.toLowerCase() === text);
  const without = leaderless.value.map(group => group.group);
  const isWithout = new Set(without);
  const names = sortedNames();
  const first = names.filter(name => isWithout.has(name) && matches(name));
  return first.concat(names.filter(name => !isWithout.has(name) && matches(name)));
}

function sentence() {
  const without = leaderless.value.length;
  const lost = [...gone.value].filter(name => silos.value.includes(name));
  const alive = silos.value.length - lost.length;
  if (!groups.size) {
    return 'Asking the cluster for its groups …';
  }
  const where = `${plural(groups.size, 'group')} on ${plural(alive, 'silo')}`;
  const dead = lost.length ? `; ${list(lost)} ${lost.length === 1 ? 'is' : 'are'} gone` : '';
  return without
    ? html`${where}, and <span class="bad">${without === 1 ? 'one has' : `${count(without)} have`} no leader</span>${dead}`
    : `${where}, ${groups.size === 1 ? 'with' : 'each with'} a leader${dead}`;
}

function Figure({ value, unit, children, alarm }) {
  return html`<div class=${`figure ${alarm ? 'bad' : ''}`}><b>${value}</b><span>${unit}</span>${children}</div>`;
}

function Figures() {
  const now = stats.value;
  const lag = now ? now.groups.reduce((most, group) => Math.max(most, group.lag), 0) : null;
  return html`<div class="figures" data-testid="figures">
    <${Figure} value=${short(now?.commitsPerSecond)} unit="commits per second" />
    <${Figure} value=${duration(now?.proposals.p50Milliseconds)} unit="half of them within" />
    <${Figure} value=${duration(now?.proposals.p99Milliseconds)} unit="99 of 100 within" />
    <${Figure} value=${count(lag)} unit=${lag === 1 ? 'entry behind, at most' : 'entries behind, at most'} />
    <${Figure} value=${count(leaderless.value.length)} unit="without a leader" alarm=${leaderless.value.length > 0} />
  </div>`;
}

function SiloLine() {
  const now = stats.value?.silos ?? [];
  return html`<ul class="silos" aria-label="Silos">${silos.value.map(name => {
    const silo = now.find(other => other.silo === name);
    const isGone = gone.value.has(name);
    return html`<li key=${name} class=${isGone ? 'gone' : ''}><b>${name}</b> ${isGone ? 'gone' : silo ? html`leads ${count(silo.leaders)} of ${plural(silo.replicas, 'replica')}` : ''}</li>`;
  })}</ul>`;
}

export function Overview() {
  revision.value;
  const filter = useSignal(route.peek().parameters.filter ?? '');
  const order = orderOf(filter.value);
  const find = event => {
    filter.value = event.target.value;
    remember({ filter: filter.value });
  };
  return html`<div class="stack">
    <div class="opening"><h1 data-testid="sentence">${sentence()}</h1><${SiloLine} /></div>
    <${Figures} />
    <div class="overview">
      <div class="stack">
        <section class="card" aria-labelledby="groups-title">
          <div class="head"><h2 id="groups-title">Groups</h2>
            <input class="push" type="search" value=${filter.value} onInput=${find} placeholder="Filter by group or silo" aria-label="Filter by group or silo" /></div>
          ${order.length > weaveFrom ? html`<${Weave} order=${order} />` : ''}
          ${order.length ? html`<${GroupTable} order=${order} />` : html`<p class="empty">${groups.size ? 'No group matches the filter.' : 'Waiting for the first answer.'}</p>`}
        </section>
        <section class="card" aria-labelledby="story-title">
          <h2 id="story-title">What just happened</h2>
          <${Story} entries=${story.value} limit=${7} showsGroup=${true} calm="No leader has changed since this page was opened." />
        </section>
      </div>
      <section class="card" aria-labelledby="pace-title">
        <h2 id="pace-title">Commits per second</h2>
        <${Chart} rows=${() => [past[0], past[1]]} beat=${stats.value} height=${chartHeight} unit=${commitsUnit} label="Commits per second over the last minutes" series=${[{ colour: '--accent', fill: true }]} />
        <h2>Latency</h2>
        <${Chart} rows=${() => [past[0], past[2], past[3]]} beat=${stats.value} height=${chartHeight} unit=${latencyUnit} label="Median and 99th percentile of latency over the last minutes" series=${[{ colour: '--accent' }, { colour: '--warn', dash: [4, 3] }]} />
        <p class="legend key"><span><i class="k stroke"></i>half of the commits within</span><span><i class="k stroke late"></i>99 of 100 within</span></p>
      </section>
    </div>
  </div>`;
}
