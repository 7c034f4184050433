// Lines over time, drawn by uPlot.
import { html, useEffect, useRef } from '../lib/html.js';
import uPlot from '../vendor/uplot.js';
import { dark } from './theme.js';

// Half of what the last time takes that is written under the line.
const rightPadding = 30;
const widthMin = 160;
// Times are written in whole seconds, so no two of them may be less apart.
const stepsSeconds = [1, 2, 5, 10, 15, 30, 60, 120, 300];

function inkOf(name) {
  const probe = document.createElement('i');
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}

function optionsOf(series, width, height, unit) {
  const soft = inkOf('--soft');
  const line = inkOf('--line');
  const font = '12px ' + getComputedStyle(document.body).fontFamily;
  return {
    width,
    height,
    padding: [8, rightPadding, 0, 0],
    legend: { show: false },
    cursor: { points: { size: 6 }, drag: { x: false, y: false } },
    scales: { y: { range: (_, _low, high) => [0, Math.max(unit.least, (high ?? 0) * 1.15)] } },
    axes: [
      { stroke: soft, font, grid: { show: false }, ticks: { show: false }, size: 24, space: 90, incrs: stepsSeconds, values: (_, ticks) => ticks.map(tick => new Date(tick * 1000).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })) },
      { stroke: soft, font, grid: { stroke: line, width: 1 }, ticks: { show: false }, size: 56, space: 34, values: (_, ticks) => ticks.map(tick => unit.write(tick)) },
    ],
    series: [{}, ...series.map(({ colour, fill, dash }) => ({ stroke: inkOf(colour), width: 1.75, dash, fill: fill ? `color-mix(in oklab, ${inkOf(colour)} 14%, transparent)` : undefined, points: { show: false }, spanGaps: true }))],
  };
}

/** A chart of rows `[times, values, ...]` that grow in place; `beat` changes when they do. */
export function Chart({ rows, beat, series, height, unit, label }) {
  const host = useRef();
  const plot = useRef();
  const isDark = dark.value;
  useEffect(() => {
    const place = host.current;
    const width = () => Math.max(widthMin, place.clientWidth);
    const drawn = new uPlot(optionsOf(series, width(), height, unit), rows(), place);
    const observer = new ResizeObserver(() => drawn.setSize({ width: width(), height }));
    observer.observe(place);
    plot.current = drawn;
    return () => {
      observer.disconnect();
      drawn.destroy();
    };
  }, [isDark, height]);
  useEffect(() => plot.current?.setData(rows()), [beat]);
  return html`<div class="chart" ref=${host} role="img" aria-label=${label}></div>`;
}
