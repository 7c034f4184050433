// The line at the bottom: the same in a shell.
import { html, useSignal } from '../lib/html.js';
import { shown } from '../lib/commands.js';

export function CopyButton({ text, label = 'Copy the command' }) {
  const copied = useSignal(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      copyBySelection(text);
    }
    copied.value = true;
    setTimeout(() => { copied.value = false; }, 1500);
  };
  return html`<button class="small" onClick=${copy} aria-label=${label}>${copied.value ? 'Copied' : 'Copy'}</button>`;
}

// Pages that were not loaded by https or from this machine have no clipboard of their own.
function copyBySelection(text) {
  const field = document.createElement('textarea');
  field.value = text;
  document.body.append(field);
  field.select();
  document.execCommand('copy');
  field.remove();
}

export function Dock() {
  const { command, outcome, failed } = shown.value;
  return html`<aside class="dock" aria-label="The same in a shell"><div class="inner">
    <code data-testid="command" tabindex="0">${command}</code>
    <${CopyButton} text=${command} key=${command} />
    <span class=${`outcome ${failed ? 'bad' : ''}`} role="status" data-testid="outcome" title=${outcome}>${outcome ?? ''}</span>
  </div></aside>`;
}
