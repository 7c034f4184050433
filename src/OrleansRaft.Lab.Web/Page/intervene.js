// What a visitor may do to a recording: the scenario is played again, the same up to this moment.
import { html, useSignal } from '../lib/html.js';
import { word } from './i18n.js';

const usual = { tickMilliseconds: 50, electionTicksMin: 8, electionTicksMax: 16 };
const client = 'visitor';
const commands = [['set', 'SET'], ['add', 'ADD'], ['get', 'GET']];

function describe({ at, ...deed }) {
  return `${at} ms: ${Object.entries(deed).map(([name, what]) => (what === true ? name : `${name} ${typeof what === 'object' ? [what].flat().join(', ') : what}`)).join(' ')}`;
}

function NodeActions({ state, onDo }) {
  const { node, isUp, isPaused } = state;
  return html`<div class="row">
    ${isUp
      ? html`<button class="danger" onClick=${() => onDo({ stop: [node] })} data-testid="stop">${word('stop')} ${node}</button>
        ${isPaused ? html`<button onClick=${() => onDo({ resume: [node] })}>${word('resume')} ${node}</button>` : html`<button class="danger" onClick=${() => onDo({ pause: [node] })}>${word('pauseNode')} ${node}</button>`}
        <button onClick=${() => onDo({ campaign: [node] })}>${word('campaign')}</button>`
      : html`<button onClick=${() => onDo({ start: [node] })}>${word('start')} ${node}</button>`}
  </div>`;
}

function LinkActions({ state, nodes, onDo }) {
  return html`<div class="row"><span class="soft">${word('cut')}</span>
    ${nodes.filter(node => node !== state.node).map(node => html`<button key=${node} class="small danger" onClick=${() => onDo({ cut: [state.node, node] })} aria-label=${`${word('cut')} ${node}`}>${node}</button>`)}
    <button class="small danger" onClick=${() => onDo({ isolate: [state.node] })}>${word('isolate')}</button>
    <button class="small" onClick=${() => onDo({ heal: true })}>${word('heal')}</button></div>`;
}

function Command({ state, onDo }) {
  const verb = useSignal(commands[0][0]);
  const send = event => {
    event.preventDefault();
    const number = Number(new FormData(event.target).get('number') ?? 0);
    onDo({ client, [verb.value]: verb.value === 'get' ? 'linearizable' : number, via: state.node });
  };
  return html`<form class="row" onSubmit=${send}><span class="soft">${word('command')}</span>
    <select value=${verb.value} onChange=${event => { verb.value = event.target.value; }} aria-label=${word('command')}>${commands.map(([name, title]) => html`<option key=${name} value=${name}>${title}</option>`)}</select>
    ${verb.value === 'get' ? '' : html`<input name="number" type="number" min="-1000000" max="1000000" required defaultValue="5" size="5" aria-label=${word('number')} />`}
    <button data-testid="send">${word('send')} ${state.node}</button></form>`;
}

function Timeouts({ settings, onApply }) {
  const tick = settings.tickMilliseconds;
  const submit = event => {
    event.preventDefault();
    const { least, most } = Object.fromEntries(new FormData(event.target));
    onApply({ electionTicksMin: Math.round(least / tick), electionTicksMax: Math.round(most / tick) });
  };
  const field = (name, value) => html`<input name=${name} key=${value} type="number" min=${tick} max=${tick * 1000} step=${tick} required defaultValue=${value} aria-label=${`${word('timeouts')}, ${name}`} />`;
  return html`<form class="row" onSubmit=${submit}><span class="soft">${word('timeouts')}</span>
    ${field('least', settings.electionTicksMin * tick)} – ${field('most', settings.electionTicksMax * tick)} <span class="soft">ms</span>
    <button data-testid="timeouts">${word('apply')}</button></form>`;
}

/** The panel of interventions at a moment. */
export function Intervene({ recording, moment, states, selected, changes, onChange, onRestore }) {
  const state = states.find(other => other.node === selected.value) ?? states[0];
  const intervene = deed => onChange({ interventions: [...changes.interventions, { at: Math.round(moment), ...deed }] });
  return html`<section class="card stack tight" aria-labelledby="intervene-title" data-testid="intervene">
    <div class="head"><h2 id="intervene-title">${word('intervene')}</h2><span class="soft small push">${Math.round(moment)} ms</span></div>
    <div class="row" role="group" aria-label="Node">${recording.nodes.map(node => html`<button key=${node} class="small" aria-pressed=${node === state.node} onClick=${() => { selected.value = node; }}>${node}</button>`)}</div>
    <${NodeActions} state=${state} onDo=${intervene} />
    <${LinkActions} state=${state} nodes=${recording.nodes} onDo=${intervene} />
    <${Command} state=${state} onDo=${intervene} />
    <${Timeouts} settings=${{ ...usual, ...recording.scenario.settings }} onApply=${settings => onChange({ settings: { ...changes.settings, ...settings } })} />
    ${onRestore ? html`<div class="stack tight"><h2>${word('changes')}</h2><ul class="small">${changes.interventions.map((intervention, index) => html`<li key=${index}>${describe(intervention)}</li>`)}
      ${changes.settings ? html`<li>${Object.entries(changes.settings).map(([name, value]) => `${name} ${value}`).join(', ')}</li>` : ''}</ul><div><button class="small" onClick=${onRestore} data-testid="restore">${word('restore')}</button></div></div>` : ''}
  </section>`;
}
