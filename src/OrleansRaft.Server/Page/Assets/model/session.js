// Who this visitor is, where the cluster asks for keys. The key itself is in a cookie that no script reads.
import { signal } from '../lib/html.js';
import { ask, onUnauthenticated, Refused } from '../lib/api.js';

const path = '/api/v1/session';

/** Whether the cluster asks for keys, which the document says. */
const asksForKeys = document.documentElement.dataset.access === 'keys';

/**
 * `open`: no key is asked for; `asking`: not known yet; `out`: a key is needed; `in`: signed in, as `name`. `detail` says why not. `tenants` are those whose
 * data a key opens that opens nothing of the cluster; null where it opens the cluster.
 */
export const session = signal({ state: asksForKeys ? 'asking' : 'open', name: '', detail: '', tenants: null });

function leave(error) {
  // A server that does not answer is told of by the stream of events; a key is needed only where one was refused.
  const refused = error instanceof Refused && error.status === 401;
  session.value = { state: 'out', name: '', detail: refused ? '' : error.message, tenants: null };
}

// Each grant is a role, or a role and a tenant.
function tenantsOf(grants) {
  const parts = grants.map(grant => grant.split(':'));
  return parts.every(([, tenant]) => tenant) ? [...new Set(parts.map(([, tenant]) => tenant))].sort() : null;
}

onUnauthenticated(() => {
  if (session.peek().state === 'in') {
    session.value = { state: 'out', name: '', detail: 'The key is not in force any more.', tenants: null };
  }
});

/** Finds out who the visitor is; answers whether the page may show the cluster. */
export async function begin() {
  if (!asksForKeys) {
    return true;
  }
  try {
    const { name, grants } = await ask(path);
    const tenants = tenantsOf(grants);
    session.value = { state: 'in', name, detail: '', tenants };
    return !tenants;
  } catch (error) {
    leave(error);
    return false;
  }
}

/** Shows a key; the page begins anew if it is the right one. */
export async function signIn(key) {
  try {
    await ask(path, { method: 'POST', body: { key } });
    location.reload();
  } catch (error) {
    session.value = { state: 'out', name: '', detail: error.message, tenants: null };
  }
}

/** Forgets the key. */
export async function signOut() {
  await ask(path, { method: 'DELETE' });
  location.reload();
}
