// The start page: what the cluster says of itself, once a second, and one counter to try. Everything shown was answered by the API.

const refreshMilliseconds = 1000;
const rowsMax = 200;
const byId = id => document.getElementById(id);
const number = new Intl.NumberFormat('en');

let groups = [];
let previous = null;

async function ask(path, options) {
  const response = await fetch(path, { cache: 'no-store', ...options });
  const text = await response.text();
  // Values are 64-bit integers: read as numbers they would lose digits, so they stay text.
  const body = text ? JSON.parse(text.replace(/"(value|index)":(-?\d+)/g, '"$1":"$2"')) : null;
  return { ok: response.ok, status: response.status, body };
}

async function allGroups() {
  const found = [];
  let after = '';
  do {
    const page = await ask(`/api/v1/groups?after=${encodeURIComponent(after)}`);
    if (!page.ok) {
      throw new Error(page.body?.detail ?? `The server answered ${page.status}.`);
    }
    found.push(...page.body.groups);
    after = page.body.next;
  } while (after);
  return found;
}

function commitOf(group) {
  return Math.max(0, ...group.replicas.map(replica => replica.commitIndex ?? 0));
}

function lagOf(group) {
  const applied = group.replicas.filter(replica => replica.appliedIndex !== null).map(replica => replica.appliedIndex);
  return applied.length ? commitOf(group) - Math.min(...applied) : 0;
}

function showSummary() {
  const now = performance.now();
  const commits = groups.reduce((sum, group) => sum + commitOf(group), 0);
  const leaderless = groups.filter(group => group.leader === null).length;
  const silos = new Set(groups.flatMap(group => group.replicas.map(replica => replica.silo)).filter(Boolean));
  byId('count-groups').textContent = number.format(groups.length);
  byId('count-leaderless').textContent = number.format(leaderless);
  byId('count-leaderless').parentElement.classList.toggle('alarm', leaderless > 0);
  byId('count-silos').textContent = number.format(silos.size);
  if (previous && previous.groups === groups.length) {
    byId('rate').textContent = number.format(Math.max(0, Math.round((commits - previous.commits) * 1000 / (now - previous.at))));
  }
  previous = { at: now, commits, groups: groups.length };
}

function cell(label, content, className) {
  const td = document.createElement('td');
  td.dataset.label = label;
  td.append(content);
  if (className) {
    td.className = className;
  }
  return td;
}

function rowOf(group) {
  const leader = group.replicas.find(replica => replica.replica === group.leader);
  const row = document.createElement('tr');
  row.classList.toggle('leaderless', group.leader === null);
  const replicas = document.createElement('div');
  replicas.className = 'replicas';
  for (const replica of group.replicas) {
    const chip = document.createElement('span');
    chip.className = `replica ${replica.role}`;
    chip.textContent = `${replica.replica} ${replica.silo ?? 'nowhere'}`;
    chip.title = replica.problem ?? `${replica.role}, term ${replica.term}, applied ${replica.appliedIndex} of ${replica.lastIndex}`;
    replicas.append(chip);
  }
  row.append(
    cell('Group', group.group),
    cell('Leader', leader ? `${leader.replica} on ${leader.silo ?? 'an unknown silo'}` : 'none'),
    cell('Term', number.format(group.term), 'number'),
    cell('Commit', number.format(commitOf(group)), 'number'),
    cell('Lag', number.format(lagOf(group)), 'number'),
    cell('Replicas', replicas));
  return row;
}

function showGroups() {
  const wanted = byId('filter').value.trim().toLowerCase();
  const shown = groups
    .filter(group => !wanted || group.group.toLowerCase().includes(wanted) || group.replicas.some(replica => replica.silo?.toLowerCase().includes(wanted)))
    .sort((left, right) => (left.leader !== null) - (right.leader !== null));
  byId('groups').replaceChildren(...shown.slice(0, rowsMax).map(rowOf));
  byId('empty').hidden = shown.length > 0;
  byId('empty').textContent = groups.length ? 'No group matches the filter.' : 'This cluster has no groups.';
  byId('note').hidden = shown.length <= rowsMax;
  byId('note').textContent = `Showing ${rowsMax} of ${number.format(shown.length)} groups, those without a leader first; filter to see others.`;
}

function showTrouble(message) {
  byId('trouble').hidden = !message;
  byId('trouble').textContent = message ?? '';
}

async function refresh() {
  try {
    const [ready, found] = await Promise.all([ask('/health/ready'), allGroups()]);
    groups = found;
    byId('readiness').textContent = ready.ok ? 'ready' : 'not ready';
    byId('readiness').className = `badge ${ready.ok ? 'good' : 'bad'}`;
    showTrouble(ready.ok ? null : ready.body?.detail);
    showSummary();
    showGroups();
  } catch (error) {
    byId('readiness').textContent = 'unreachable';
    byId('readiness').className = 'badge bad';
    showTrouble(`This silo does not answer (${error.message}). What is shown may be old; the page asks again every second.`);
  }
}

async function keepRefreshing() {
  if (!document.hidden) {
    await refresh();
  }
  setTimeout(keepRefreshing, refreshMilliseconds);
}

async function tryCounter(event) {
  event.preventDefault();
  const form = event.target;
  const { tenant, counter, by } = Object.fromEntries(new FormData(form));
  const path = `/api/v1/tenants/${tenant}/counters/${counter}`;
  const increments = event.submitter?.value !== 'get';
  const buttons = form.querySelectorAll('button');
  buttons.forEach(button => { button.disabled = true; });
  try {
    const answer = increments
      ? await ask(`${path}/increment`, {
        method: 'POST',
        // The number goes as it was typed: beyond 53 bits JavaScript would change it.
        body: `{"by":${BigInt(by)}}`,
        headers: { 'Content-Type': 'application/json', 'Idempotency-Key': [...crypto.getRandomValues(new Uint8Array(16))].map(b => b.toString(16).padStart(2, '0')).join('') },
      })
      : await ask(path);
    byId('value').textContent = answer.ok ? number.format(BigInt(answer.body.value)) : answer.body?.title ?? `The server answered ${answer.status}.`;
    byId('meaning').textContent = answer.ok
      ? `Applied in group ${answer.body.group} at log index ${answer.body.index}, term ${answer.body.term}.`
      : answer.body?.detail ?? '';
    byId('answer').classList.toggle('failed', !answer.ok);
  } catch (error) {
    byId('value').textContent = 'No answer';
    byId('meaning').textContent = `This silo does not answer (${error.message}). Try again.`;
    byId('answer').classList.add('failed');
  } finally {
    buttons.forEach(button => { button.disabled = false; });
  }
  byId('command').textContent = increments ? `oraft counter add ${tenant} ${counter} ${by}` : `oraft counter get ${tenant} ${counter}`;
  byId('answer').hidden = false;
}

byId('counter').addEventListener('submit', tryCounter);
byId('filter').addEventListener('input', showGroups);
keepRefreshing();
