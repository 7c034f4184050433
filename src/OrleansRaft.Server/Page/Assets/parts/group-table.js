// Groups as rows, silos as columns. Only the rows in sight exist, so ten thousand cost what thirty do.
import { html, useEffect, useRef, useSignal } from '../lib/html.js';
import { count, short } from '../lib/format.js';
import { termStyle } from '../lib/colour.js';
import { hrefOf } from '../lib/route.js';
import { groups, gone, silos } from '../model/cluster.js';

const rowHeight = 40;
const rowsInSightMax = 16;
const spare = 4;

function Replica({ replica, term }) {
  const isSilent = replica.role === 'unreachable' || gone.value.has(replica.silo);
  const role = isSilent ? 'unreachable' : replica.role;
  const title = `Replica ${replica.replica}: ${isSilent ? 'does not answer' : role}${replica.term ? `, term ${replica.term}` : ''}`;
  return html`<span class=${`rep ${role}`} style=${termStyle(replica.term ?? term)} title=${title} data-role=${role}><span aria-hidden="true">${replica.replica}</span><span class="unseen">${title}</span></span>`;
}

function Row({ group, columns, index, isCurrent, top }) {
  const elsewhere = group.replicas.filter(replica => !columns.includes(replica.silo));
  return html`<div class=${`grow ${group.leader === null ? 'leaderless' : ''}`} role="row" aria-rowindex=${index + 2} style=${{ top: `${top}px` }} data-group=${group.group} data-leader=${group.leader === null ? '' : group.replicas.find(replica => replica.replica === group.leader)?.silo}>
    <span role="rowheader" class="name"><a href=${hrefOf('groups', group.group)} tabindex=${isCurrent ? 0 : -1} data-index=${index}>${group.group}</a></span>
    <span role="gridcell"><span class="chip term" style=${termStyle(group.term)}>term ${count(group.term)}</span></span>
    ${columns.map(silo => html`<span role="gridcell" class="at" key=${silo}>${group.replicas.filter(replica => replica.silo === silo).map(replica => html`<${Replica} key=${replica.replica} replica=${replica} term=${group.term} />`)}</span>`)}
    <span role="gridcell" class="at else">${elsewhere.map(replica => html`<${Replica} key=${replica.replica} replica=${replica} term=${group.term} />`)}</span>
    <span role="gridcell" class="number rate">${group.leader === null ? html`<b class="bad">no leader</b>` : html`${short(group.rate)}<i>/s</i>`}</span>
    <span role="gridcell" class=${`number lag ${group.lag > 0 ? '' : 'soft'}`}>${count(group.lag)}</span>
  </div>`;
}

/** The groups of these names, in this order. */
export function GroupTable({ order }) {
  const port = useRef();
  const top = useSignal(0);
  const current = useSignal(0);
  const wanted = useRef(null);
  const columns = silos.value;
  const here = Math.min(current.value, order.length - 1);
  const first = Math.max(0, Math.floor(top.value / rowHeight) - spare);
  const last = Math.min(order.length, first + rowsInSightMax + 2 * spare + 1);

  const inSight = order.slice(first, last);
  const hasElsewhere = inSight.some(name => groups.get(name).replicas.some(replica => !columns.includes(replica.silo)));

  useEffect(() => {
    // The row to go to may only exist after the next drawing.
    const link = wanted.current === null ? null : port.current.querySelector(`[data-index="${wanted.current}"]`);
    if (link) {
      wanted.current = null;
      link.focus({ preventScroll: true });
    }
  });

  const move = event => {
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: rowsInSightMax - 1, PageUp: 1 - rowsInSightMax, Home: -order.length, End: order.length };
    if (!(event.key in steps)) {
      return;
    }
    event.preventDefault();
    current.value = Math.max(0, Math.min(order.length - 1, here + steps[event.key]));
    wanted.current = current.value;
    const y = current.value * rowHeight;
    const { clientHeight } = port.current;
    port.current.scrollTop = Math.min(Math.max(port.current.scrollTop, y + rowHeight - clientHeight), y);
    top.value = port.current.scrollTop;
  };

  return html`<div class="gtable" role="grid" aria-label="Groups" aria-rowcount=${order.length + 1} style=${{ '--silos': columns.length, '--else': hasElsewhere ? '2.6rem' : '0px' }} data-testid="groups">
    <div class="grow ghead" role="row" aria-rowindex="1">
      <span role="columnheader">Group</span><span role="columnheader">Term</span>
      ${columns.map(silo => html`<span role="columnheader" class="at" key=${silo} title=${silo}>${silo}</span>`)}
      <span role="columnheader" class="at else" title="Their silo is not listed"><span class=${hasElsewhere ? '' : 'unseen'}>away</span></span><span role="columnheader" class="number rate">Commits</span><span role="columnheader" class="number lag">Lag</span>
    </div>
    <div class="gport" ref=${port} onScroll=${event => { top.value = event.target.scrollTop; }} onKeyDown=${move} style=${{ height: `${Math.min(order.length, rowsInSightMax) * rowHeight}px` }}>
      <div style=${{ height: `${order.length * rowHeight}px`, position: 'relative' }}>
        ${inSight.map((name, offset) => html`<${Row} key=${name} group=${groups.get(name)} columns=${columns} index=${first + offset} isCurrent=${first + offset === here} top=${(first + offset) * rowHeight} />`)}
      </div>
    </div>
    <p class="legend" aria-hidden="true"><span><i class="rep leader"></i>leads</span><span><i class="rep follower"></i>follows</span><span><i class="rep candidate"></i>stands for election</span><span><i class="rep unreachable"></i>does not answer</span></p>
  </div>`;
}
