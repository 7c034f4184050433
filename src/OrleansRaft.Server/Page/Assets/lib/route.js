// Where the visitor is, kept in the address: it can be shared, bookmarked and gone back from.
import { signal } from './html.js';

// An address that was cut in the middle of a character names what it says literally: there is no such thing, and the view says so.
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function read() {
  const [path, query = ''] = location.hash.replace(/^#\/?/, '').split('?');
  const [view = '', name = ''] = path.split('/');
  return { view, name: decoded(name), parameters: Object.fromEntries(new URLSearchParams(query)) };
}

export const route = signal(read());

addEventListener('hashchange', () => { route.value = read(); });

/** The address of a place, for links. */
export function hrefOf(view, name = '', parameters = {}) {
  const query = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value !== undefined && value !== '')).toString();
  return `#/${view}${name ? `/${encodeURIComponent(name)}` : ''}${query ? `?${query}` : ''}`;
}

/** Goes to a place. */
export function go(view, name, parameters) {
  location.hash = hrefOf(view, name, parameters);
}

/** Changes parameters of the present place, without a step in the history. */
export function remember(parameters) {
  const { view, name, parameters: old } = route.peek();
  const address = hrefOf(view, name, { ...old, ...parameters });
  if (address !== location.hash) {
    history.replaceState(null, '', address);
    route.value = read();
  }
}
