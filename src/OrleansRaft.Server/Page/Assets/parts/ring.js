// A group as a ring: colour and label are the term, an arc is the election timer, messages cross. What moves every frame lies on a canvas above it.
import { html, useEffect, useRef } from '../lib/html.js';
import { termColour, termStyle } from '../lib/colour.js';
import { dark } from './theme.js';
import { drawMoving } from './flyers.js';
import { heightOf, placesOf, timerRadius, top, wayOf, width } from './geometry.js';

const nodeRadius = 43;
const calm = matchMedia('(prefers-reduced-motion: reduce)');
const calmMilliseconds = 250;

const roleWords = {
  leader: 'leader', follower: 'follower', learner: 'learner', candidate: 'candidate', 'pre-candidate': 'pre-candidate', unreachable: 'no answer', stopped: 'stopped', paused: 'paused',
};

function stateOf(node) {
  return !node.isUp ? node.role === 'unreachable' ? 'unreachable' : 'stopped' : node.isPaused ? 'paused' : node.role;
}

function Node({ node, place, isSelected, onSelect, move }) {
  const state = stateOf(node);
  // What is written below the uppermost node would stand in the way of its messages.
  const isTop = place.y <= top;
  const words = roleWords[state] ?? state;
  const key = event => {
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      onSelect?.(node.id);
    } else if (event.key.startsWith('Arrow')) {
      event.preventDefault();
      move(node.id, event.key === 'ArrowRight' || event.key === 'ArrowDown' ? 1 : -1);
    }
  };
  return html`<g class=${`node ${state} ${isSelected ? 'selected' : ''}`} style=${termStyle(node.term)} transform=${`translate(${place.x.toFixed(1)} ${place.y.toFixed(1)})`}
      role="button" tabindex="0" aria-pressed=${isSelected} data-node=${node.id} data-role=${state} data-term=${node.term} onClick=${() => onSelect?.(node.id)} onKeyDown=${key}>
    <circle class="halo" r=${timerRadius + 6} />
    <circle class="track" r=${timerRadius} />
    <circle class="disc" r=${nodeRadius} />
    <text class="label" y="1">${node.label}</text>
    <text class="sub" y="23">${`term ${node.term ?? '?'}`}</text>
    <text class="outside" y=${isTop ? -timerRadius - 31 : timerRadius + 23}>${node.place}</text>
    <text class="outside role" y=${isTop ? -timerRadius - 14 : timerRadius + (node.place ? 40 : 23)}>${words}${node.note ? ` · ${node.note}` : ''}</text>
  </g>`;
}

function Links({ nodes, places, cuts, leader }) {
  const drawn = [];
  nodes.forEach((left, index) => nodes.slice(index + 1).forEach(right => {
    const there = cuts.has(`${left.id}>${right.id}`);
    const back = cuts.has(`${right.id}>${left.id}`);
    const way = wayOf(places.get(left.id), places.get(right.id), 0);
    const isLive = leader === left.id || leader === right.id;
    drawn.push(html`<g key=${`${left.id}-${right.id}`} class=${`wire ${there || back ? 'cut' : ''} ${isLive ? 'live' : ''}`}>
      <line x1=${way.x1} y1=${way.y1} x2=${way.x2} y2=${way.y2} />
      ${there || back ? html`<text x=${(way.x1 + way.x2) / 2} y=${(way.y1 + way.y2) / 2}>${there && back ? '✕' : there ? `${left.label}↛${right.label}` : `${right.label}↛${left.label}`}</text>` : ''}
    </g>`);
  }));
  return drawn;
}

function describe(nodes, leader) {
  const lead = nodes.find(node => node.id === leader);
  return lead ? `${lead.name ?? lead.label} leads in term ${lead.term}. ${nodes.length} replicas.` : `No leader. ${nodes.length} replicas.`;
}

/**
 * The ring of these nodes: `{id, label, place, role, term, isUp, isPaused, note}`. `frame(now)` answers, for a moment of the browser's clock,
 * `{flights: [{from, to, kind, term, share, lost, rejected, entries}], timers: Map of id to {term, share: how much of the election timer has run}}`.
 */
export function Ring({ nodes, leader, cuts = new Set(), frame, selected, onSelect }) {
  const svg = useRef();
  const canvas = useRef();
  const latest = useRef({});
  const places = placesOf(nodes);
  const isDark = dark.value;
  latest.current = { frame, places };

  useEffect(() => {
    const inks = { ofTerm: term => termColour(term, isDark), late: isDark ? '#e5b45c' : '#b97a14', bad: isDark ? '#ff8a7d' : '#c42b1f' };
    const surface = canvas.current;
    let next = 0;
    let last = 0;
    const beat = now => {
      next = requestAnimationFrame(beat);
      if (!calm.matches || now - last >= calmMilliseconds) {
        last = now;
        drawMoving(surface, latest.current.frame(now), latest.current.places, inks, calm.matches);
      }
    };
    next = requestAnimationFrame(beat);
    return () => cancelAnimationFrame(next);
  }, [isDark]);

  const move = (id, step) => {
    const order = nodes.map(node => String(node.id));
    const other = order[(order.indexOf(String(id)) + step + order.length) % order.length];
    svg.current.querySelector(`[data-node="${other}"]`)?.focus();
  };

  return html`<div class="ring" style=${{ '--ratio': width / heightOf(nodes.length) }}><svg viewBox=${`0 0 ${width} ${heightOf(nodes.length)}`} ref=${svg} role="group" aria-label=${describe(nodes, leader)} data-testid="ring" data-leader=${leader ?? ''}>
    <${Links} nodes=${nodes} places=${places} cuts=${cuts} leader=${leader} />
    ${nodes.map(node => html`<${Node} key=${node.id} node=${node} place=${places.get(node.id)} isSelected=${selected === node.id} onSelect=${onSelect} move=${move} />`)}
  </svg><canvas ref=${canvas} aria-hidden="true"></canvas></div>`;
}
