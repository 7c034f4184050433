// Every group as one tile, coloured by the silo that leads it: ten thousand at a glance, on a canvas.
import { html, useEffect, useRef, useSignal } from '../lib/html.js';
import { count } from '../lib/format.js';
import { go } from '../lib/route.js';
import { groups, revision, silos } from '../model/cluster.js';
import { dark } from './theme.js';

const heightMax = 250;
const sideMax = 18;
const hueFirst = 150;
const hueStep = 67;

function siloColour(index, isDark) {
  const hue = (hueFirst + index * hueStep) % 300 + 60;
  return `oklch(${isDark ? 0.68 : 0.62} ${index % 2 ? 0.075 : 0.1} ${hue})`;
}

function sizeOf(number, width) {
  let side = sideMax;
  while (side > 3 && Math.ceil(number / Math.floor(width / side)) * side > heightMax) {
    side--;
  }
  const columns = Math.max(1, Math.floor(width / side));
  return { side, columns, height: Math.ceil(number / columns) * side };
}

function draw(canvas, order, isDark) {
  const width = canvas.parentElement.clientWidth;
  const { side, columns, height } = sizeOf(order.length, width);
  const scale = devicePixelRatio;
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    canvas.style.height = `${height}px`;
  }
  const context = canvas.getContext('2d');
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  const places = new Map(silos.peek().map((silo, index) => [silo, index]));
  const colours = silos.peek().map((_, index) => siloColour(index, isDark));
  const bad = isDark ? '#ff6f60' : '#c42b1f';
  const gap = side > 6 ? 2 : 1;
  order.forEach((name, index) => {
    const group = groups.get(name);
    context.fillStyle = group.leader === null ? bad : colours[places.get(leaderSilo(group))] ?? '#888';
    context.globalAlpha = group.leader === null || group.rate > 0 ? 1 : 0.6;
    context.fillRect((index % columns) * side, Math.floor(index / columns) * side, side - gap, side - gap);
  });
  context.globalAlpha = 1;
}

function leaderSilo(group) {
  return group.leader === null ? null : group.replicas.find(replica => replica.replica === group.leader)?.silo;
}

/** The tiles of these groups, in this order. The table below is the same for keyboards and screen readers. */
export function Weave({ order }) {
  const canvas = useRef();
  const latest = useRef(order);
  const under = useSignal(null);
  const isDark = dark.value;
  latest.current = order;
  revision.value;
  useEffect(() => draw(canvas.current, order, isDark));
  useEffect(() => {
    const surface = canvas.current;
    const observer = new ResizeObserver(() => draw(surface, latest.current, dark.peek()));
    observer.observe(surface.parentElement);
    return () => observer.disconnect();
  }, []);
  const find = event => {
    const { side, columns } = sizeOf(order.length, canvas.current.parentElement.clientWidth);
    return order[Math.floor(event.offsetY / side) * columns + Math.floor(event.offsetX / side)];
  };
  const group = under.value && groups.get(under.value);
  const led = new Map();
  for (const name of order) {
    const silo = leaderSilo(groups.get(name));
    led.set(silo, (led.get(silo) ?? 0) + 1);
  }
  return html`<figure class="weave">
    <canvas ref=${canvas} aria-hidden="true" data-testid="weave" onMouseMove=${event => { under.value = find(event) ?? null; }} onMouseLeave=${() => { under.value = null; }} onClick=${event => find(event) && go('groups', find(event))}></canvas>
    <figcaption>${group
      ? html`<b>${group.group}</b> ${group.leader === null ? 'has no leader' : `is led by ${leaderSilo(group)} in term ${group.term}`}`
      : silos.value.map((silo, index) => html`<span key=${silo}><i style=${{ background: siloColour(index, isDark) }}></i>${silo} leads ${count(led.get(silo) ?? 0)}</span>`)}</figcaption>
  </figure>`;
}
