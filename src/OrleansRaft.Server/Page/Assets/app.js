// The frame around every view: where one is, how the connection fares, which faults are at work, and the shell's line.
import { html, render, useEffect, useRef } from './lib/html.js';
import { isServed, standalone } from './lib/place.js';
import { hrefOf, route } from './lib/route.js';
import { listed, registerView, views } from './lib/views.js';
import { leaderless, startCluster } from './model/cluster.js';
import { startAlarms } from './model/alarms.js';
import { connection } from './model/connection.js';
import { faults, startFaults } from './model/faults.js';
import { begin, session } from './model/session.js';
import { Dock } from './parts/dock.js';
import { Notices } from './parts/notices.js';
import { SignIn, WhoIsIn } from './parts/sign-in.js';
import { ThemeButton } from './parts/theme.js';
import { Faults } from './views/faults.js';
import { Group } from './views/group.js';
import { Network } from './views/network.js';
import { Overview } from './views/overview.js';

registerView({ name: '', title: 'Overview', order: 0, view: Overview, badge: () => ({ count: leaderless.value.length, text: 'without a leader' }) });
registerView({ name: 'groups', title: 'Group', within: '', view: Group, command: ({ name }) => ['group', 'show', name] });
registerView({ name: 'network', title: 'Network', order: 10, view: Network, command: () => ['fault', 'list'] });
registerView({
  name: 'faults', title: 'Faults', order: 30, view: Faults, command: () => ['fault', 'list'], badge: () => ({ count: faults.value.length, text: 'active' }),
});

const pagesOfOthers = [['scalar', 'API description'], ['dashboard', 'Orleans dashboard'], ['metrics', 'Metrics']];

function Badge({ of }) {
  const { count, text } = of.badge?.() ?? { count: 0 };
  return count ? html`<span class="pip">${count}<span class="unseen"> ${text}</span></span>` : '';
}

/** The address of a view. From a view that stands alone, the others are on another document. */
function addressOf(view) {
  return view.path ?? (standalone ? `/${hrefOf(view.name)}` : hrefOf(view.name));
}

/** The tenants whose data alone the visitor's key opens; null where it opens the cluster. */
function tenantsAlone() {
  return session.value.tenants;
}

function addressFor(view) {
  const [tenant] = tenantsAlone() ?? [];
  return tenant && view.tenant && !view.path ? hrefOf(view.name, tenant) : addressOf(view);
}

function Places() {
  const here = standalone || (views.get(route.value.view)?.within ?? route.value.view);
  return html`<nav class="places" aria-label="Views">
    ${listed(tenantsAlone() !== null).map(view => html`<a key=${view.name} href=${addressFor(view)} aria-current=${here === view.name ? 'page' : undefined}>
      ${view.title}<${Badge} of=${view} /></a>`)}
  </nav>`;
}

function Pulse() {
  const { state } = connection.value;
  const words = { connecting: 'connecting', live: 'live', lost: 'connection lost' };
  return html`<span class=${`pulse ${state}`} role="status" data-testid="connection">${words[state]}</span>`;
}

/** What the address shows. A view that stands alone is not reached on the page of the cluster. */
function seenView() {
  const seen = views.get(standalone || route.value.view);
  return seen && (standalone || !seen.path) ? seen : { title: 'Nothing here', view: Nowhere };
}

function Frame() {
  const main = useRef();
  const here = seenView();
  const name = standalone ? route.value.view : route.value.name;
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
      <div class="aside">${standalone || tenantsAlone() ? '' : html`<${Pulse} />`}<${WhoIsIn} /><${ThemeButton} /></div>
    </div></header>
    <${Notices} />
    <main id="main" class="inner" tabindex="-1" ref=${main}>${!isIn() ? html`<${SignIn} />`
      : !mayBeShown(here) ? html`<${OfTenants} />`
      : html`<${View} key=${`${route.value.view}/${route.value.name}`} name=${route.value.name} />`}</main>
    <footer class="footer"><div class="inner">
      <span>${here.footer ?? 'Everything here was answered by this cluster.'}</span>
      ${pagesOfOthers.filter(([page]) => isServed(page)).map(([page, title]) => html`<a key=${page} href=${`/${page}`}>${title}</a>`)}
    </div></footer>
    <${Dock} />
  </div>`;
}

/** Whether there is anything to show: nothing is, before a visitor has shown the key that the cluster asks for. */
function isIn() {
  return session.value.state === 'open' || session.value.state === 'in';
}

/** A key of tenants opens the views of their data. */
function mayBeShown(view) {
  const tenants = tenantsAlone();
  return !tenants || (view.tenant && tenants.includes(route.value.name));
}

/** Where somebody may go whose key opens nothing of the cluster itself. */
function OfTenants() {
  const tenants = tenantsAlone();
  return html`<div class="card stack tight" data-testid="tenants">
    <h1>${tenants.length === 1 ? `The data of ${tenants[0]}` : 'The data of your tenants'}</h1>
    <p class="soft">This key opens ${tenants.length ? `the data of ${tenants.join(', ')}, and nothing of the cluster itself` : 'nothing here'}: groups, silos and events need a reader's key of the whole
      cluster, which an admin makes with <code>oraft key create</code>.</p>
    <ul>${listed(true).flatMap(view => tenants.map(tenant => html`<li key=${`${view.name} ${tenant}`}><a href=${hrefOf(view.name, tenant)}>${view.title} of ${tenant}</a></li>`))}</ul>
  </div>`;
}

function Nowhere() {
  return html`<div class="stack"><h1>There is no such view</h1><p>Go to the <a href=${hrefOf('')}>overview</a> of all groups, or choose a view above.</p></div>`;
}

begin().then(mayGoOn => {
  if (mayGoOn && !standalone) {
    startCluster();
    startFaults();
    startAlarms();
  }
});
const app = document.getElementById('app');
app.replaceChildren();
render(html`<${Frame} />`, app);
