// The HTTP API, and nothing else, is where this page learns and does anything.

/** The server answered, but not with what was asked for. */
export class Refused extends Error {
  constructor(status, problem) {
    super(problem?.detail ?? `The server answered ${status}.`);
    this.status = status;
    this.type = problem?.type;
    this.title = problem?.title ?? `Status ${status}`;
    this.definite = problem?.definite ?? false;
  }
}

/** Nobody answered. */
export class Unreachable extends Error {}

const timeoutMilliseconds = 8000;

let tellUnauthenticated = () => {};

/** Calls back whenever the server answers that a key is needed. */
export function onUnauthenticated(callback) {
  tellUnauthenticated = callback;
}

// Indexes and values are 64-bit integers. Those that a JavaScript number cannot hold stay the text that the server wrote.
function parse(text) {
  return /\d{16}/.test(text)
    ? JSON.parse(text, (_, value, context) => (typeof value === 'number' && !Number.isSafeInteger(value) && context?.source ? context.source : value))
    : JSON.parse(text);
}

/** Asks for JSON. Throws Refused or Unreachable. */
export async function ask(path, { method = 'GET', body, headers, signal } = {}) {
  let response;
  let text;
  try {
    const limit = AbortSignal.timeout(timeoutMilliseconds);
    response = await fetch(path, {
      method,
      cache: 'no-store',
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
      headers: body === undefined ? headers : { 'Content-Type': 'application/json', ...headers },
      body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
    });
    text = await response.text();
  } catch (error) {
    throw new Unreachable(error.message);
  }
  const isJson = response.headers.get('Content-Type')?.includes('json');
  const answer = text && isJson ? parse(text) : null;
  if (response.status === 401) {
    tellUnauthenticated();
  }
  if (!response.ok) {
    throw new Refused(response.status, answer);
  }
  return answer;
}

/** Asks for every page of a list. */
export async function askAll(path, name, options) {
  const found = [];
  let after = '';
  do {
    const page = await ask(`${path}?after=${encodeURIComponent(after)}`, options);
    found.push(...page[name]);
    after = page.next;
  } while (after);
  return found;
}

/** A key under which a write may be repeated. */
export function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map(byte => byte.toString(16).padStart(2, '0')).join('');
}
