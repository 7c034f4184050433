// The frame around every view: where one is, how the connection fares, which faults are at work, and the shell's line.
import { html, render, useEffect, useRef } from './lib/html.js';
import { hrefOf, route } from './lib/route.js';
import { hasLab, isLab } from './lib/place.js';
import { leaderless, startCluster } from './model/cluster.js';
import { startAlarms } from './model/alarms.js';
import { connection } from './model/connection.js';
import { faults, startFaults } from './model/faults.js';
import { Dock } from './parts/dock.js';
import { Notices } from './parts/notices.js';
import { ThemeButton } from './parts/theme.js';
import { Counters } from './views/counters.js';
import { Faults } from './views/faults.js';
import { Group } from './views/group.js';
import { Lab } from './views/lab.js';
import { Network } from './views/network.js';
import { Overview } from './views/overview.js';

const views = {
  '': { title: 'Overview', view: Overview },
  groups: { title: 'Group', view: Group },
  network: { title: 'Network', view: Network },
  counters: { title: 'Counters', view: Counters },
  faults: { title: 'Faults', view: Faults },
};

const places = [['', 'Overview'], ['network', 'Network'], ['counters', 'Counters'], ['faults', 'Faults']];

function Places() {
  const here = isLab ? 'lab' : route.value.view === 'groups' ? '' : route.value.view;
  return html`<nav class="places" aria-label="Views">
    ${places.map(([view, title]) => html`<a key=${view} href=${isLab ? `/${hrefOf(view)}` : hrefOf(view)} aria-current=${here === view ? 'page' : undefined}>
      ${title}${view === 'faults' && faults.value.length ? html`<span class="pip">${faults.value.length}<span class="unseen"> active</span></span>` : ''}${view === '' && leaderless.value.length ? html`<span class="pip">${leaderless.value.length}<span class="unseen"> without a leader</span></span>` : ''}</a>`)}
    ${hasLab ? html`<a href="/lab" aria-current=${here === 'lab' ? 'page' : undefined}>Lab</a>` : ''}
  </nav>`;
}

function Pulse() {
  const { state } = connection.value;
  const words = { connecting: 'connecting', live: 'live', lost: 'connection lost' };
  return html`<span class=${`pulse ${state}`} role="status" data-testid="connection">${words[state]}</span>`;
}

function Frame() {
  const main = useRef();
  const here = isLab ? { title: 'Lab', view: Lab } : views[route.value.view] ?? { title: 'Nothing here', view: Nowhere };
  const name = isLab ? route.value.view : route.value.name;
  useEffect(() => {
    document.title = `${name || here.title} · OrleansRaft`;
    scrollTo(0, 0);
  }, [here.title, name]);
  const View = here.view;
  const skip = event => {
    event.preventDefault();
    main.current.focus();
  };
  return html`<div class="frame">
    <a class="skip" href="#main" onClick=${skip}>Skip to the content</a>
    <header class="masthead"><div class="inner">
      <a class="wordmark" href="/"><img src="/page/logo.svg" alt="" />OrleansRaft</a>
      <${Places} />
      <div class="aside">${isLab ? '' : html`<${Pulse} />`}<${ThemeButton} /></div>
    </div></header>
    <${Notices} />
    <main id="main" class="inner" tabindex="-1" ref=${main}><${View} key=${`${route.value.view}/${route.value.name}`} name=${route.value.name} /></main>
    <footer class="footer"><div class="inner">
      <span>${isLab ? 'Recorded runs of the real algorithm under a virtual clock.' : 'Everything here was answered by this cluster.'}</span>
      <a href="/scalar">API description</a><a href="/dashboard">Orleans dashboard</a><a href="/metrics">Metrics</a>
    </div></footer>
    <${Dock} />
  </div>`;
}

function Nowhere() {
  return html`<div class="stack"><h1>There is no such view</h1><p>Go to the <a href=${hrefOf('')}>overview</a> of all groups, or choose a view above.</p></div>`;
}

if (!isLab) {
  startCluster();
  startFaults();
  startAlarms();
}
const app = document.getElementById('app');
app.replaceChildren();
render(html`<${Frame} />`, app);
