// Where things stand in the ring.
export const width = 640;
/** The radius of the election timer around a node. */
export const timerRadius = 53;
const radius = 196;
/** Where the uppermost node stands. */
export const top = 104;
const below = 108;
const middle = { x: width / 2, y: top + radius };

/** How high the ring of so many nodes is, with what is written below the lowest. */
export function heightOf(number) {
  const lowest = number === 1 ? middle.y : Math.max(...Array.from({ length: number }, (_, index) => yOf(index, number)));
  return lowest + below;
}

function yOf(index, number) {
  return middle.y + radius * Math.sin((index / number) * 2 * Math.PI - Math.PI / 2);
}

/** Where each node of so many stands. */
export function placesOf(nodes) {
  const number = nodes.length;
  const ring = number === 1 ? 0 : radius;
  return new Map(nodes.map((node, index) => {
    const angle = (index / number) * 2 * Math.PI - Math.PI / 2;
    return [node.id, { x: middle.x + ring * Math.cos(angle), y: middle.y + ring * Math.sin(angle) }];
  }));
}

/** From the edge of one node to the edge of another, a little to the right, so that the ways there and back lie apart. */
export function wayOf(from, to, aside) {
  const dx = to.x - from.x;
  const dy = to.y - from.y;
  const length = Math.hypot(dx, dy) || 1;
  const x = dx / length;
  const y = dy / length;
  const start = timerRadius + 3;
  return {
    x1: from.x + x * start - y * aside, y1: from.y + y * start + x * aside,
    x2: to.x - x * start - y * aside, y2: to.y - y * start + x * aside,
  };
}
