// A recording of the lab, made ready to show any moment of it.

/** Orders what was recorded by node and by time. */
export function prepare(recording) {
  const states = new Map(recording.nodes.map(node => [node, []]));
  for (const state of recording.states) {
    states.get(state.node)?.push(state);
  }
  const flown = recording.messages.filter(message => message.arrives !== null).map(message => message.arrives - message.sent).sort((left, right) => left - right);
  const usual = flown[flown.length >> 1] ?? 10;
  const messages = recording.messages
    .map((message, key) => ({ ...message, key, lost: message.arrives === null, until: message.arrives ?? message.sent + usual }))
    .sort((left, right) => left.sent - right.sent);
  const longest = messages.reduce((most, message) => Math.max(most, message.until - message.sent), 0);
  const moments = [...new Set([0, ...recording.captions, ...recording.actions, ...recording.checks].map(entry => entry.at ?? entry))].concat(recording.duration);
  return { recording, states, messages, longest, moments: [...new Set(moments)].sort((left, right) => left - right) };
}

/** The index of the last element that is not after a moment; -1 when all are. */
export function lastUpTo(list, moment, timeOf) {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (timeOf(list[middle]) <= moment) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low - 1;
}

const at = entry => entry.at;

/** Every node as it is at a moment. */
export function nodesAt({ recording, states }, moment) {
  return recording.nodes.map(node => {
    const list = states.get(node);
    return list[lastUpTo(list, moment, at)] ?? { node, isUp: false, isPaused: false, role: 'follower', term: 0, commit: 0, applied: 0, first: 1, log: [], snapshot: 0, timer: null, progress: [] };
  });
}

/** The messages on their way at a moment. */
export function flightsAt({ messages, longest }, moment) {
  const flights = [];
  for (let index = lastUpTo(messages, moment, message => message.sent); index >= 0 && messages[index].sent >= moment - longest; index--) {
    const message = messages[index];
    if (message.until >= moment) {
      const span = message.until - message.sent;
      flights.push({ ...message, share: span > 0 ? (moment - message.sent) / span : 1 });
    }
  }
  return flights;
}

/** The directions that are cut at a moment, as from>to. */
export function cutsAt({ recording }, moment) {
  return new Set((recording.links[lastUpTo(recording.links, moment, at)]?.cut ?? []).map(([from, to]) => `${from}>${to}`));
}

/** What is told at a moment. */
export function captionAt({ recording }, moment) {
  return recording.captions[lastUpTo(recording.captions, moment, at)] ?? null;
}

/** How much of its election timer has run for each node. */
export function timersAt(nodes, moment) {
  return new Map(nodes.filter(node => node.timer && node.isUp).map(({ node, term, timer }) => [node, { term, share: (moment - timer.started) / timer.timeout }]));
}
