// Which known names somebody may have meant.

// Levenshtein's distance: how many letters must change to turn one word into the other.
function distance(left, right) {
  let previous = [...Array(right.length + 1).keys()];
  for (let i = 1; i <= left.length; i++) {
    const row = [i];
    for (let j = 1; j <= right.length; j++) {
      row[j] = Math.min(previous[j] + 1, row[j - 1] + 1, previous[j - 1] + (left[i - 1] === right[j - 1] ? 0 : 1));
    }
    previous = row;
  }
  return previous[right.length];
}

/** At most so many of the names, the most similar first. */
export function nearest(name, names, max) {
  const meant = name.slice(0, 128).toLowerCase();
  return names
    .map(other => ({ other, far: distance(meant, other.toLowerCase()) }))
    .sort((left, right) => left.far - right.far || left.other.localeCompare(right.other, 'en', { numeric: true }))
    .slice(0, max)
    .map(({ other }) => other);
}
