// Counters of a tenant, as they count.
import { html, useEffect, useRef, useSignal } from '../lib/html.js';
import { ask, newKey } from '../lib/api.js';
import { act, oraft } from '../lib/commands.js';
import { count, plural } from '../lib/format.js';
import { keep, recall } from '../lib/storage.js';
import { go, hrefOf } from '../lib/route.js';
import { registerView } from '../lib/views.js';

const usualTenant = 'demo';
const knownKey = 'oraft.tenants';
const knownMax = 8;
const pauseMilliseconds = 1000;
const steps = [1, 10];
const namePattern = '[A-Za-z0-9._\\-]{1,128}';
const nameRule = 'letters, digits, dots, underscores and hyphens; at most 128';

function knownTenants() {
  try {
    const known = JSON.parse(recall(knownKey));
    return Array.isArray(known) ? known : [usualTenant];
  } catch {
    return [usualTenant];
  }
}

function noteTenant(tenant) {
  const tenants = [tenant, ...knownTenants().filter(other => other !== tenant)].slice(0, knownMax);
  keep(knownKey, JSON.stringify(tenants));
  return tenants;
}

function pathOf(tenant, counter = '') {
  return `/api/v1/tenants/${encodeURIComponent(tenant)}/counters${counter ? `/${encodeURIComponent(counter)}` : ''}`;
}

/** Adds, under a key: a repetition by the browser would be applied once. The number goes as it was typed, of whatever length. */
function add(tenant, counter, by) {
  return act(oraft('counter', 'add', tenant, counter, by),
    () => ask(`${pathOf(tenant, counter)}/increment`, { method: 'POST', body: `{"by":${BigInt(by)}}`, headers: { 'Idempotency-Key': newKey() } }),
    answer => `${answer.counter} is ${count(answer.value)}, by ${answer.group} at index ${answer.index} of term ${answer.term}`);
}

function Counter({ counter, onAdd }) {
  return html`<tr data-counter=${counter.counter}>
    <th scope="row"><span class="mono">${counter.counter}</span></th>
    <td class="value"><span key=${counter.value} class=${counter.isFresh ? 'fresh' : ''}>${count(counter.value)}</span></td>
    <td class="wide"><a href=${hrefOf('groups', counter.group)}>${counter.group}</a></td>
    <td class="wide number soft">${count(counter.index)}</td>
    <td class="number">${steps.map(by => html`<button key=${by} class="small" onClick=${() => onAdd(counter.counter, by)} aria-label=${`Add ${by} to ${counter.counter}`}>+${by}</button> `)}</td>
  </tr>`;
}

/** The counters as last heard, refreshed while somebody looks. */
function useCounters(tenant) {
  const state = useSignal({ counters: null, next: null, refused: '' });
  const seen = useRef(new Map());
  const take = (counters, next) => {
    const known = seen.current;
    state.value = { next, refused: '', counters: counters.map(counter => ({ ...counter, isFresh: known.has(counter.counter) && known.get(counter.counter) !== counter.value })) };
    seen.current = new Map(counters.map(counter => [counter.counter, counter.value]));
  };
  useEffect(() => {
    let timer = 0;
    let isOver = false;
    state.value = { counters: null, next: null, refused: '' };
    seen.current = new Map();
    const beat = async () => {
      if (!document.hidden) {
        try {
          const page = await ask(pathOf(tenant));
          if (!isOver) {
            take(page.counters, page.next);
          }
        } catch (error) {
          if (!isOver) {
            state.value = { ...state.peek(), refused: error.message };
          }
        }
      }
      timer = isOver ? 0 : setTimeout(beat, pauseMilliseconds);
    };
    beat();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [tenant]);
  const put = answer => {
    const others = (state.peek().counters ?? []).filter(counter => counter.counter !== answer.counter);
    take([...others, answer].sort((left, right) => (left.counter < right.counter ? -1 : 1)), state.peek().next);
  };
  return { ...state.value, put };
}

function Counters({ name }) {
  const tenant = name || usualTenant;
  const tenants = useSignal(knownTenants());
  const { counters, next, refused, put } = useCounters(tenant);
  useEffect(() => { tenants.value = noteTenant(tenant); }, [tenant]);

  const addTo = async (counter, by) => {
    const answer = await add(tenant, counter, by);
    if (answer) {
      put(answer);
    }
  };
  const choose = event => {
    event.preventDefault();
    go('counters', new FormData(event.target).get('tenant'));
  };
  const create = event => {
    event.preventDefault();
    const { counter, by } = Object.fromEntries(new FormData(event.target));
    addTo(counter, by);
  };

  return html`<div class="stack">
    <h1>${counters?.length ? `${next ? 'More than ' : ''}${plural(counters.length, 'counter')} of ${tenant}` : `Counters of ${tenant}`}</h1>
    <div class="row end">
      <form class="row end" onSubmit=${choose} autocomplete="off" aria-label="Tenant">
        <label class="field">Tenant <input name="tenant" key=${tenant} defaultValue=${tenant} list="tenants" required pattern=${namePattern} title=${nameRule} /></label>
        <datalist id="tenants">${tenants.value.map(other => html`<option key=${other} value=${other} />`)}</datalist><button>Show</button>
      </form>
      <form class="row end" onSubmit=${create} autocomplete="off" aria-label="Add to a counter">
        <label class="field">Counter <input name="counter" defaultValue="hello" required pattern=${namePattern} title=${nameRule} /></label>
        <label class="field">By <input name="by" defaultValue="1" required size="6" inputmode="numeric" pattern="-?[0-9]{1,19}" title="a whole number" /></label>
        <button class="primary">Add</button>
      </form>
    </div>
    ${refused ? html`<p class="problem" role="alert">${refused}</p>` : ''}
    <section class="card">
      ${counters === null ? html`<p class="empty">Asking every group for its part …</p>`
        : counters.length === 0 ? html`<p class="empty">${tenant} has no counters yet. The first addition makes one.</p>`
        : html`<div class="scroll"><table class="counters" data-testid="counters">
          <thead><tr><th>Counter</th><th class="value-head">Value</th><th class="wide">Kept by</th><th class="wide number">Index of last change</th><th class="number">Add</th></tr></thead>
          <tbody>${counters.map(counter => html`<${Counter} key=${counter.counter} counter=${counter} onAdd=${addTo} />`)}</tbody></table></div>`}
      ${next ? html`<p class="soft small">There are more; <code>${oraft('counter', 'list', tenant)}</code> prints all.</p>` : ''}
    </section>
  </div>`;
}

registerView({ name: 'counters', title: 'Counters', order: 20, tenant: true, view: Counters, command: ({ name }) => ['counter', 'list', name || usualTenant] });
