// For how long a fault lasts before it heals by itself.
import { html, signal } from '../lib/html.js';
import { defaultSeconds } from '../model/faults.js';

const choices = [10, 30, 60, 300];

export const seconds = signal(defaultSeconds);

export function Seconds({ children = 'for' }) {
  return html`<label class="row soft">${children}
    <select value=${seconds.value} onChange=${event => { seconds.value = Number(event.target.value); }} aria-label="How long the fault lasts">
      ${choices.map(choice => html`<option key=${choice} value=${choice}>${choice < 60 ? `${choice} s` : `${choice / 60} min`}</option>`)}
    </select></label>`;
}
