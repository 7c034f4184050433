// What a visitor may do to a recording: the scenario is played again, the same up to this moment.
import { html, useSignal } from '../lib/html.js';
import { word } from '../lib/words.js';

const commands = ['SET 5', 'ADD 2', 'GET'];

function describe(intervention) {
  const { at, ...action } = intervention;
  return `${at} ms: ${Object.entries(action).map(([verb, what]) => `${verb} ${typeof what === 'string' ? what : JSON.stringify(what)}`).join(', ')}`;
}

function NodeActions({ state, onDo }) {
  return html`<div class="row">
    ${state.isUp
      ? html`<button class="danger" onClick=${() => onDo({ stop: [state.node] })} data-testid="stop">${word('stop')} ${state.node}</button>
        ${state.isPaused ? html`<button onClick=${() => onDo({ resume: [state.node] })}>${word('resume')} ${state.node}</button>` : html`<button class="danger" onClick=${() => onDo({ pause: [state.node] })}>${word('pauseNode')} ${state.node}</button>`}`
      : html`<button onClick=${() => onDo({ start: [state.node] })}>${word('start')} ${state.node}</button>`}
  </div>`;
}

function Timeouts({ settings, onApply }) {
  const submit = event => {
    event.preventDefault();
    const { least, most } = Object.fromEntries(new FormData(event.target));
    onApply({ electionTimeoutMin: Number(least), electionTimeoutMax: Number(most) });
  };
  return html`<form class="row" onSubmit=${submit}>
    <span class="soft">${word('timeouts')}</span>
    <input name="least" type="number" min="20" max="5000" required defaultValue=${settings.electionTimeoutMin} aria-label=${`${word('timeouts')}, min`} /> –
    <input name="most" type="number" min="20" max="5000" required defaultValue=${settings.electionTimeoutMax} aria-label=${`${word('timeouts')}, max`} /> <span class="soft">ms</span>
    <button>${word('apply')}</button></form>`;
}

/** The panel of interventions at a moment. */
export function Intervene({ recording, moment, states, selected, changes, onChange, onRestore }) {
  const text = useSignal(commands[0]);
  const state = states.find(other => other.node === selected.value) ?? states[0];
  const intervene = action => onChange({ interventions: [...changes.interventions, { at: Math.round(moment), ...action }] });
  const send = event => {
    event.preventDefault();
    intervene({ command: { via: state.node, text: text.value } });
  };
  return html`<section class="card stack tight" aria-labelledby="intervene-title" data-testid="intervene">
    <div class="head"><h2 id="intervene-title">${word('intervene')}</h2><span class="soft small push">${Math.round(moment)} ms</span></div>
    <div class="row" role="group" aria-label="Node">${recording.nodes.map(node => html`<button key=${node} class="small" aria-pressed=${node === state.node} onClick=${() => { selected.value = node; }}>${node}</button>`)}</div>
    <${NodeActions} state=${state} onDo=${intervene} />
    <div class="row"><span class="soft">${word('cut')}</span>${recording.nodes.filter(node => node !== state.node).map(node => html`<button key=${node} class="small" onClick=${() => intervene({ cut: [[state.node, node]] })} aria-label=${`${word('cut')} ${node}`}>${node}</button>`)}
      <button class="small" onClick=${() => intervene({ heal: true })}>${word('heal')}</button></div>
    <form class="row" onSubmit=${send}><label class="row soft">${word('command')} <input value=${text.value} onInput=${event => { text.value = event.target.value; }} size="9" required list="commands" /></label>
      <datalist id="commands">${commands.map(command => html`<option key=${command} value=${command} />`)}</datalist><button>${word('send')} ${state.node}</button></form>
    <${Timeouts} settings=${recording.scenario.settings} onApply=${settings => onChange({ settings: { ...changes.settings, ...settings } })} />
    ${onRestore ? html`<div><h3>${word('changes')}</h3><ul class="small">${changes.interventions.map((intervention, index) => html`<li key=${index}>${describe(intervention)}</li>`)}
      ${changes.settings ? html`<li>${JSON.stringify(changes.settings)}</li>` : ''}</ul><button class="small" onClick=${onRestore} data-testid="restore">${word('restore')}</button></div>` : ''}
  </section>`;
}
