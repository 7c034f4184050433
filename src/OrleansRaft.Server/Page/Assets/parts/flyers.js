// What moves every frame, on a canvas over the ring: messages on their way, and election timers. Moving shapes inside the SVG would draw all of it anew.
import { heightOf, timerRadius, wayOf, width } from './geometry.js';

const aside = 8;
const whole = 2 * Math.PI;
const lateFrom = 0.7;
const lostFrom = 0.45;

const small = new Path2D('M-3.2 0a3.2 3.2 0 1 0 6.4 0a3.2 3.2 0 1 0 -6.4 0');
const square = new Path2D('M-6 -6h12v12h-12z');
const diamond = new Path2D('M0 -10L10 0L0 10L-10 0z');
const crate = new Path2D('M-11 -8h22v16h-22zM-11 -2h22');
const cross = new Path2D('M-6 -6L6 6M6 -6L-6 6');

const answer = shape => message => message.rejected ? { path: cross } : { path: shape };
const shapes = {
  'append-entries': message => ({ path: message.entries ? square : small, isFilled: true }),
  'append-entries-response': answer(small),
  'request-vote': () => ({ path: diamond, isFilled: true }),
  'request-vote-response': answer(diamond),
  'pre-vote': () => ({ path: diamond, isDashed: true }),
  'pre-vote-response': message => ({ ...answer(diamond)(message), isDashed: true }),
  'install-snapshot': () => ({ path: crate, isFilled: true }),
  'install-snapshot-response': answer(crate),
  'timeout-now': () => ({ path: diamond, isFilled: true }),
};
const other = () => ({ path: small });

/** Draws flights and timers. `inks` are the colours of a term, and of trouble. */
export function drawMoving(canvas, { flights, timers }, places, inks, isCalm) {
  const context = fit(canvas, heightOf(places.size));
  context.lineWidth = 4;
  for (const [id, { share, term }] of timers) {
    const place = places.get(id);
    if (place && share > 0) {
      context.strokeStyle = share > lateFrom ? inks.late : inks.ofTerm(term);
      context.beginPath();
      context.arc(place.x, place.y, timerRadius, -whole / 4, -whole / 4 + whole * Math.min(1, share));
      context.stroke();
    }
  }
  context.lineWidth = 1.75;
  for (const flight of flights) {
    const from = places.get(flight.from);
    const to = places.get(flight.to);
    if (from && to && flight.share >= 0) {
      // Who asked for calm sees where a message goes, not how it moves.
      drawFlight(context, flight, wayOf(from, to, aside), isCalm ? 0.5 : flight.share, inks);
    }
  }
}

function drawFlight(context, flight, { x1, y1, x2, y2 }, share, inks) {
  const isLost = flight.lost && share > lostFrom;
  const { path, isFilled, isDashed } = isLost ? { path: cross } : (shapes[flight.kind] ?? other)(flight);
  const ink = isLost ? inks.bad : inks.ofTerm(flight.term);
  const x = x1 + (x2 - x1) * share;
  const y = y1 + (y2 - y1) * share;
  context.translate(x, y);
  context.strokeStyle = ink;
  context.setLineDash(isDashed ? [3, 2] : []);
  context.stroke(path);
  if (isFilled) {
    context.fillStyle = ink;
    context.fill(path);
  }
  context.translate(-x, -y);
}

// In the units of the ring, whatever the size of the canvas and the density of the screen.
function fit(canvas, height) {
  const context = canvas.getContext('2d');
  const scale = canvas.clientWidth / width;
  const pixels = Math.round(canvas.clientWidth * devicePixelRatio);
  const lines = Math.round(height * scale * devicePixelRatio);
  if (canvas.width !== pixels || canvas.height !== lines) {
    canvas.width = pixels;
    canvas.height = lines;
  }
  context.setTransform(scale * devicePixelRatio, 0, 0, scale * devicePixelRatio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}
