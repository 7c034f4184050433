// The logs of a group, one lane a replica: dashed is not committed, a dot is matchIndex, an arrow is nextIndex.
import { html, useEffect, useRef, useSignal } from '../lib/html.js';
import { count } from '../lib/format.js';
import { termStyle } from '../lib/colour.js';

const laneHeight = 62;
const headHeight = 22;
const boxHeight = 32;
const letterWidth = 6;
const transferWidth = 160;

/** The entries that fit, up to the end of the longest log and the place where the next one comes. */
function windowOf(nodes, columns) {
  const end = Math.max(1, ...nodes.map(node => node.last)) + 1;
  return { start: Math.max(1, end - columns + 1), end };
}

// What an entry says where there is room for it, otherwise its term.
function insideOf(text, term, room) {
  const fits = words => words.length * letterWidth <= room - 4;
  return text && room >= 40 && fits(text) ? text : room >= 40 && term ? `term ${term}` : term;
}

function Box({ node, index, x, width, term, text, leaderTerm }) {
  const kind = index <= node.commit ? 'committed' : 'open';
  const applied = index <= node.applied ? 'applied' : '';
  const isKnown = Boolean(term);
  const inside = insideOf(text, isKnown ? term : '', width - 4);
  const foreign = leaderTerm !== undefined && isKnown && term !== leaderTerm ? ' (another entry than the leader holds here)' : '';
  return html`<g class=${`box ${kind} ${applied} ${foreign ? 'foreign' : ''}`} style=${termStyle(term)} transform=${`translate(${x} 0)`}>
    <title>${`Index ${index}${isKnown ? `, term ${term}` : ''}: ${text ?? 'entry'}, ${kind === 'committed' ? applied || 'committed' : 'not committed'}${foreign}`}</title>
    <rect width=${width - 4} height=${boxHeight} rx="4" />
    <text x=${(width - 4) / 2} y=${boxHeight / 2 + 4}>${inside}</text>
  </g>`;
}

/** How much of a snapshot has arrived: a bar that fills beneath the log that it will replace. */
function Transfer({ x, sent, size }) {
  const share = sent / size;
  const words = `snapshot: ${count(sent)} of ${count(size)} bytes, ${Math.floor(100 * share)} %`;
  return html`<g class="transfer" transform=${`translate(${x} ${boxHeight + 17})`} data-sent=${sent} data-size=${size}><title>${words}</title>
    <rect class="whole" width=${transferWidth} height="8" rx="4" /><rect class="part" width=${transferWidth * share} height="8" rx="4" />
    <text x=${transferWidth + 8} y="8">${words}</text></g>`;
}

function Lane({ node, y, range, width, left, textOf, progress, leader }) {
  const at = index => left + (index - range.start) * width;
  const boxes = [];
  const first = Math.max(range.start, node.first ?? 1);
  for (let index = first; index <= Math.min(range.end, node.last); index++) {
    const term = node.termAt(index);
    boxes.push(html`<${Box} key=${index} node=${node} index=${index} x=${at(index)} width=${width} term=${term} text=${textOf(index, term)} leaderTerm=${leader && leader !== node ? leader.termAt(index) : undefined} />`);
  }
  const inSight = index => index >= range.start - 1 && index <= range.end;
  return html`<g class=${`lane ${node.isUp ? '' : 'down'}`} transform=${`translate(0 ${y})`} style=${termStyle(node.term)} data-lane=${node.id} data-last=${node.last} data-commit=${node.commit}>
    <text class="who" x="0" y="15">${node.label}</text>
    <text class="where" x="0" y="30">${node.lead ? 'leader' : node.place}</text>
    <line class="rail" x1=${left} x2=${at(range.end) + width - 4} y1=${boxHeight / 2} y2=${boxHeight / 2} />
    ${first > range.start && node.snapshot ? html`<g class="snapshot" transform=${`translate(${left} 0)`}><title>${`Snapshot up to index ${node.snapshot}`}</title><rect width=${at(first) - left - 4} height=${boxHeight} rx="4" /><text x="8" y=${boxHeight / 2 + 4}>${`snapshot to ${count(node.snapshot)}`}</text></g>` : ''}
    ${boxes}
    ${progress && inSight(progress.match) && progress.match > 0 ? html`<circle class="match" cx=${at(Math.max(progress.match, range.start)) + (width - 4) / 2} cy=${boxHeight + 9} r="4"><title>${`matchIndex ${progress.match}`}</title></circle>` : ''}
    ${progress?.size ? html`<${Transfer} x=${left} sent=${progress.sent} size=${progress.size} />` : ''}
    ${progress && inSight(progress.next) ? html`<path class="next" d=${`M${at(progress.next) + (width - 4) / 2} ${boxHeight + 4}l5.5 9h-11z`}><title>${`nextIndex ${progress.next}`}</title></path>` : ''}
  </g>`;
}

/**
 * Lanes of these nodes: `{id, label, place, isUp, lead, term, first, last, commit, applied, snapshot, termAt(index)}`; `textOf(index, term)` says what an entry
 * is; `progress` is what the leader knows of each node, by its id: `{match, next, sent, size}`, of which the last two are bytes of a snapshot on its way.
 */
export function Lanes({ nodes, textOf, progress, boxWidth }) {
  const host = useRef();
  const room = useSignal(0);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => { room.value = entry.contentRect.width; });
    observer.observe(host.current);
    return () => observer.disconnect();
  }, []);
  const left = room.value < 520 ? 52 : 92;
  const columns = Math.max(3, Math.floor((room.value - left) / boxWidth));
  const range = windowOf(nodes, columns);
  const leader = nodes.find(node => node.lead);
  const every = boxWidth >= 44 ? 1 : range.end > 9_999 ? 4 : 2;
  const indexes = Array.from({ length: range.end - range.start }, (_, offset) => range.start + offset).filter(index => (range.end - index) % every === 0 || every === 1);
  const height = headHeight + nodes.length * laneHeight;
  return html`<div class="lanes" ref=${host}>
    ${room.value > 0 ? html`<svg width=${room.value} height=${height} role="img" aria-label=${nodes.map(node => `${node.label}: log to ${node.last}, committed to ${node.commit}, applied to ${node.applied}`).join('. ')} data-testid="lanes">
      <g class="indexes">${indexes.map(index => html`<text key=${index} x=${left + (index - range.start) * boxWidth + (boxWidth - 4) / 2} y="12">${index}</text>`)}</g>
      ${nodes.map((node, index) => html`<${Lane} key=${node.id} node=${node} y=${headHeight + index * laneHeight} range=${range} width=${boxWidth} left=${left} textOf=${textOf} progress=${progress?.get(node.id)} leader=${leader} />`)}
    </svg>` : ''}
  </div>`;
}

/** What the shapes in the ring and the lanes mean. */
export function Legend({ committed = 'committed', open = 'not committed', applied = 'stronger: applied', children }) {
  return html`<p class="legend key">
    <span><i class="k solid"></i>${committed}</span><span><i class="k full"></i>${applied}</span><span><i class="k dashed"></i>${open}</span><span><i class="k dot"></i>matchIndex</span><span><i class="k arrow"></i>nextIndex</span>${children}
  </p>`;
}
