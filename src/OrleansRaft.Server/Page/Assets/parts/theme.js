// Light, dark, or as the system says.
import { html, signal } from '../lib/html.js';
import { keep, recall } from '../lib/storage.js';

const order = ['auto', 'light', 'dark'];
const faces = { auto: '◐', light: '○', dark: '●' };
const key = 'oraft.theme';
const kept = recall(key);
const theme = signal(order.includes(kept) ? kept : 'auto');
const system = matchMedia('(prefers-color-scheme: dark)');

/** Whether the page is dark at the moment; canvases have to know. */
export const dark = signal(false);

function apply() {
  if (theme.value === 'auto') {
    delete document.documentElement.dataset.theme;
  } else {
    document.documentElement.dataset.theme = theme.value;
  }
  dark.value = theme.value === 'dark' || (theme.value === 'auto' && system.matches);
}

function turn() {
  theme.value = order[(order.indexOf(theme.value) + 1) % order.length];
  keep(key, theme.value);
  apply();
}

system.addEventListener('change', apply);
apply();

export function ThemeButton() {
  return html`<button class="plain small" onClick=${turn} title=${`Colours: ${theme.value}`} aria-label=${`Colours: ${theme.value}. Change`}>${faces[theme.value]}</button>`;
}
