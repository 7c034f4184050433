// The lab: scenarios on the real algorithm, recorded under a virtual clock.
import { html, useEffect, useSignal } from '../lib/html.js';
import { ask } from '../lib/api.js';
import { hrefOf, remember, route } from '../lib/route.js';
import { registerView } from '../lib/views.js';
import { language, said, speak, word } from './i18n.js';
import { Player } from './player.js';

function Languages() {
  return html`<div class="row push" role="group" aria-label="Language of the captions">
    ${[['en', 'English'], ['zh', '中文']].map(([name, title]) => html`<button key=${name} class="small" lang=${name} aria-pressed=${language.value === name} onClick=${() => speak(name)}>${title}</button>`)}
  </div>`;
}

function Choice() {
  const scenarios = useSignal(null);
  const refused = useSignal('');
  useEffect(() => {
    ask('/api/v1/lab').then(answer => { scenarios.value = answer.scenarios; }, error => { refused.value = error.message; });
  }, []);
  return html`<div class="stack">
    <div class="opening"><div class="row"><h1>${word('title')}</h1><${Languages} /></div><p class="soft">${word('intro')}</p></div>
    ${refused.value ? html`<p class="problem" role="alert">${refused.value}</p>` : ''}
    <${Scenarios} scenarios=${scenarios.value ?? []} />
  </div>`;
}

function Scenarios({ scenarios }) {
  return html`<nav class="scenarios" aria-label=${word('all')} data-testid="scenarios">${scenarios.map((scenario, index) => html`
    <a class="scenario" key=${scenario.name} href=${hrefOf(scenario.name)} data-scenario=${scenario.name}>
      <span class="no">${index + 1}</span><b>${said(scenario.title)}</b><span>${said(scenario.about)}</span></a>`)}</nav>`;
}

const unchanged = { interventions: [], settings: null };

/** What an address says that a visitor changed; null when it says nothing that could be read. */
function changesOf(text) {
  try {
    const changes = text ? { ...unchanged, ...JSON.parse(text) } : unchanged;
    return Array.isArray(changes.interventions) && typeof changes.settings === 'object' ? changes : null;
  } catch {
    return null;
  }
}

const isChanged = ({ interventions, settings }) => interventions.length > 0 || settings !== null;

/** The recording of a scenario with the visitor's changes, which are kept in the address. */
function useRecording(name) {
  const state = useSignal({ recording: null, original: null, changes: null, refused: '' });
  const wanted = route.value.parameters.changes ?? '';
  useEffect(() => {
    const changes = changesOf(wanted) ?? unchanged;
    const refused = changesOf(wanted) ? '' : word('unreadable');
    let isOver = false;
    const load = async () => {
      const path = `/api/v1/lab/${encodeURIComponent(name)}`;
      const original = state.peek().original ?? (await ask(`${path}/recording`));
      if (!isChanged(changes)) {
        return { recording: original, original, changes, refused };
      }
      const { scenario } = original;
      const altered = {
        ...scenario,
        settings: { ...scenario.settings, ...changes.settings },
        interventions: [...(scenario.interventions ?? []), ...changes.interventions],
      };
      return { recording: await ask('/api/v1/lab/recordings', { method: 'POST', body: altered }), original, changes, refused: '' };
    };
    load().then(
      loaded => { state.value = isOver ? state.peek() : loaded; },
      error => { state.value = isOver ? state.peek() : { ...state.peek(), refused: error.message }; });
    return () => { isOver = true; };
  }, [name, wanted]);
  return state.value;
}

function Scenario({ name }) {
  const { recording, changes, refused } = useRecording(name);
  const put = altered => remember({ changes: isChanged(altered) ? JSON.stringify(altered) : undefined });
  const change = altered => put({ ...changes, ...altered });
  return html`<div class="stack">
    <div class="row"><a class="small" href=${hrefOf('')}>${word('all')}</a><${Languages} /></div>
    ${recording ? '' : html`<h1>${refused ? word('nothing') : name}</h1>`}
    ${refused ? html`<div class="problem" role="alert" data-testid="problem">${refused} ${route.value.parameters.changes ? html`<button class="small" onClick=${() => put(unchanged)}>${word('restore')}</button>` : ''}</div>` : ''}
    ${recording ? html`<${Player} recording=${recording} changes=${changes} onChange=${change} isChanged=${isChanged(changes)} onRestore=${() => put(unchanged)} />` : refused ? '' : html`<p class="empty">…</p>`}
  </div>`;
}

function Lab() {
  const { view } = route.value;
  return view ? html`<${Scenario} key=${view} name=${view} />` : html`<${Choice} />`;
}

registerView({
  name: 'lab',
  title: 'Lab',
  order: 90,
  path: '/lab',
  view: Lab,
  command: ({ view, parameters }) =>
    view ? ['lab', 'run', view, ...(parameters.changes ? ['--changes', parameters.changes] : [])] : ['lab', 'list'],
  footer: 'Recorded runs of the real algorithm under a virtual clock.',
});
