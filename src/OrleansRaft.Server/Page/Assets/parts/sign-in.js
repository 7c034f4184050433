// Asks for a key, where the cluster does.
import { html, useSignal } from '../lib/html.js';
import { session, signIn, signOut } from '../model/session.js';

export function SignIn() {
  const key = useSignal('');
  const busy = useSignal(false);
  const submit = async event => {
    event.preventDefault();
    busy.value = true;
    await signIn(key.value.trim());
    busy.value = false;
  };
  const { state, detail } = session.value;
  if (state === 'asking') {
    return html`<p class="boot">Asking the cluster …</p>`;
  }
  return html`<form class="card stack tight sign-in" onSubmit=${submit} data-testid="sign-in">
    <h1>A key, please</h1>
    <p class="soft">This cluster answers whoever has an API key. An admin makes one with <code>oraft key create</code>.</p>
    <label class="field">API key
      <input type="password" name="key" autocomplete="current-password" spellcheck=${false} required value=${key.value} onInput=${event => { key.value = event.target.value; }} /></label>
    <p role="alert" class="bad">${detail}</p>
    <div class="row"><button class="primary" disabled=${busy.value}>Sign in</button></div>
  </form>`;
}

export function WhoIsIn() {
  const { state, name } = session.value;
  return state === 'in' ? html`<span data-testid="who">${name}</span><button class="plain small" onClick=${signOut}>Sign out</button>` : '';
}
