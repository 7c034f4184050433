// Messages on their way, as shapes that are made once and used again.
import { wayOf } from './geometry.js';

const ns = 'http://www.w3.org/2000/svg';
const aside = 8;

const small = 'M-3.2 0a3.2 3.2 0 1 0 6.4 0a3.2 3.2 0 1 0 -6.4 0';
const square = 'M-6 -6h12v12h-12z';
const diamond = 'M0 -10L10 0L0 10L-10 0z';
const crate = 'M-11 -8h22v16h-22zM-11 -2h22';
const cross = 'M-6 -6L6 6M6 -6L-6 6';

const shapes = {
  'append-entries': message => ({ path: message.entries ? square : small, filled: true }),
  'append-entries-response': message => message.rejected ? { path: cross, filled: false } : { path: small, filled: false },
  'request-vote': () => ({ path: diamond, filled: true }),
  'pre-vote': () => ({ path: diamond, filled: false, dashed: true }),
  'request-vote-response': message => message.rejected ? { path: cross, filled: false } : { path: diamond, filled: false },
  'pre-vote-response': message => message.rejected ? { path: cross, filled: false } : { path: diamond, filled: false, dashed: true },
  'install-snapshot': () => ({ path: crate, filled: true }),
  'install-snapshot-response': () => ({ path: crate, filled: false }),
  'timeout-now': () => ({ path: diamond, filled: true }),
};

const other = () => ({ path: small, filled: false });

/** The shapes that are in use and those that wait to be. */
export class Flyers {
  #layer;
  #flying = new Map();
  #free = [];

  constructor(layer) {
    this.#layer = layer;
  }

  /** Moves every message to where it is; those that are gone make room. */
  show(flights, places, colour, isCalm) {
    const seen = new Set();
    for (const flight of flights) {
      const from = places.get(flight.from);
      const to = places.get(flight.to);
      if (!from || !to || flight.share < 0) {
        continue;
      }
      seen.add(flight.key);
      const shape = this.#flying.get(flight.key) ?? this.#launch(flight, wayOf(from, to, aside), colour);
      // Who asked for calm sees where a message goes, not how it moves.
      const share = isCalm ? 0.5 : flight.share;
      const { x1, y1, x2, y2 } = shape.way;
      shape.element.setAttribute('transform', `translate(${(x1 + (x2 - x1) * share).toFixed(1)} ${(y1 + (y2 - y1) * share).toFixed(1)})`);
      if (flight.lost && share > 0.45 && !shape.isLost) {
        shape.isLost = true;
        shape.element.setAttribute('d', cross);
        shape.element.setAttribute('class', 'flyer lost');
      }
    }
    for (const [key, shape] of this.#flying) {
      if (!seen.has(key)) {
        this.#flying.delete(key);
        shape.element.setAttribute('visibility', 'hidden');
        this.#free.push(shape.element);
      }
    }
  }

  #launch(flight, way, colour) {
    const { path, filled, dashed } = (shapes[flight.kind] ?? other)(flight);
    const element = this.#free.pop() ?? this.#layer.appendChild(document.createElementNS(ns, 'path'));
    const ink = colour(flight.term);
    element.setAttribute('d', path);
    element.setAttribute('fill', filled ? ink : 'none');
    element.setAttribute('stroke', ink);
    element.setAttribute('stroke-dasharray', dashed ? '3 2' : 'none');
    element.setAttribute('class', 'flyer');
    element.setAttribute('visibility', 'visible');
    const shape = { element, way, isLost: false };
    this.#flying.set(flight.key, shape);
    return shape;
  }
}
