// The links between silos, as a matrix: from the row to the column.
import { html, useEffect, useRef } from '../lib/html.js';
import { list } from '../lib/format.js';
import { remember, route } from '../lib/route.js';
import { broken, gone, silos } from '../model/cluster.js';
import { begin, faults, faultsEnabled, heal, onLink } from '../model/faults.js';
import { Seconds, seconds } from '../parts/seconds.js';

const delays = [20, 100, 500];

/** What is the matter with a link. */
function stateOf(from, to) {
  const here = faults.value.filter(fault => onLink(fault, from, to));
  const cut = here.find(fault => fault.kind !== 'delay');
  const slow = here.find(fault => fault.kind === 'delay');
  if (cut) {
    return { kind: 'cut', mark: '✕', words: 'cut', faults: here };
  }
  if (gone.value.has(from) || gone.value.has(to)) {
    return { kind: 'cut', mark: '✕', words: `${gone.value.has(to) ? to : from} is gone`, faults: here };
  }
  if (broken.value.has(`${from}>${to}`)) {
    return { kind: 'cut', mark: '✕', words: 'no message is acknowledged', faults: here };
  }
  return slow ? { kind: 'slow', mark: '≈', words: `+${slow.milliseconds} ms`, faults: here } : { kind: 'open', mark: '✓', words: 'open', faults: here };
}

function Cell({ from, to, isChosen, isCurrent }) {
  const { kind, mark, words } = stateOf(from, to);
  return html`<button class=${`link ${kind}`} role="gridcell" aria-selected=${isChosen} tabindex=${isCurrent ? 0 : -1} data-from=${from} data-to=${to} data-state=${kind}
    aria-label=${`From ${from} to ${to}: ${words}`} onClick=${() => remember({ from, to })}><b aria-hidden="true">${mark}</b>${words}</button>`;
}

function Matrix({ from, to }) {
  const table = useRef();
  const names = silos.value;
  const move = event => {
    const steps = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] };
    const at = event.target.dataset;
    if (!(event.key in steps) || !at.from) {
      return;
    }
    event.preventDefault();
    const [down, right] = steps[event.key];
    const wrap = index => (index + names.length) % names.length;
    let row = wrap(names.indexOf(at.from) + down);
    let column = wrap(names.indexOf(at.to) + right);
    if (row === column) {
      row = wrap(row + down);
      column = wrap(column + right);
    }
    table.current.querySelector(`[data-from="${CSS.escape(names[row])}"][data-to="${CSS.escape(names[column])}"]`)?.focus();
  };
  const entry = from && to ? `${from}>${to}` : `${names[0]}>${names[1]}`;
  return html`<div class="scroll"><table class="matrix" role="grid" style=${{ '--silos': names.length }} aria-label="Links between silos, from the row to the column" ref=${table} onKeyDown=${move} data-testid="matrix">
    <thead><tr role="row"><th><span class="soft">from ↓<br />to →</span></th>${names.map(name => html`<th key=${name} scope="col" role="columnheader">${name}</th>`)}</tr></thead>
    <tbody>${names.map(row => html`<tr key=${row} role="row"><th scope="row" role="rowheader">${row}</th>
      ${names.map(column => html`<td key=${column} role="presentation">${row === column ? html`<div class="self"></div>` : html`<${Cell} from=${row} to=${column} isChosen=${row === from && column === to} isCurrent=${`${row}>${column}` === entry} />`}</td>`)}</tr>`)}</tbody>
  </table></div>`;
}

function LinkPanel({ from, to }) {
  const panel = useRef();
  const { words, faults: here } = stateOf(from, to);
  useEffect(() => panel.current?.querySelector('button')?.focus({ preventScroll: true }), [from, to]);
  const cut = oneWay => begin({ kind: 'cut', from, to, oneWay, seconds: seconds.value });
  const delay = milliseconds => begin({ kind: 'delay', from, to, oneWay: false, milliseconds, seconds: seconds.value });
  return html`<div class="stack tight" ref=${panel} data-testid="link-panel">
    <h2 class="plain">${from} → ${to}: ${words}</h2>
    ${here.map(fault => html`<div key=${fault.fault} class="row"><button class="primary" onClick=${() => heal(fault)}>Heal</button><span>${fault.text}</span></div>`)}
    ${faultsEnabled.value ? html`
      <div class="row"><button class="danger" onClick=${() => cut(false)}>Cut both ways</button><button class="danger" onClick=${() => cut(true)}>Cut ${from} → ${to} only</button></div>
      <div class="row">${delays.map(milliseconds => html`<button key=${milliseconds} onClick=${() => delay(milliseconds)}>Delay ${milliseconds} ms</button>`)}</div>
      <${Seconds} />` : ''}
  </div>`;
}

export function Network() {
  const { from, to } = route.value.parameters;
  const names = silos.value;
  const isChosen = names.includes(from) && names.includes(to) && from !== to;
  const bad = names.flatMap(row => names.filter(column => column !== row && stateOf(row, column).kind !== 'open').map(column => `${row} → ${column}`));
  return html`<div class="stack">
    <h1>${names.length < 2 ? 'One silo has no links' : bad.length === 0 ? 'Every silo hears every other' : html`<span class="bad">${bad.length > 2 ? `${bad.length} of ${names.length * (names.length - 1)} links suffer` : `${list(bad)} ${bad.length === 1 ? 'suffers' : 'suffer'}`}</span>`}</h1>
    <div class="network">
      <section class="card" aria-label="Matrix">${names.length > 1 ? html`<${Matrix} from=${from} to=${to} />` : html`<p class="empty">A second silo would appear here.</p>`}</section>
      <section class="card stack tight" aria-label="Link">
        ${isChosen ? html`<${LinkPanel} from=${from} to=${to} />` : html`<p class="soft">Choose a link to cut or to delay it; arrow keys move about the matrix.</p>`}
        ${faultsEnabled.value === false ? html`<p class="soft small">Faults are off on this cluster; start its silos with <code>--set Faults:Enabled=true</code> to allow them.</p>` : ''}
        <p class="soft small">A cut link loses the messages between replicas. Orleans' own traffic and requests of clients pass.</p>
      </section>
    </div>
  </div>`;
}
