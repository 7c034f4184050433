// Every term has a colour of its own, on every part of the page. Red is left out: it means trouble.
const golden = 0.618034;
const first = 62;
const span = 282;

export function hueOfTerm(term) {
  return Math.round(first + ((Number(term) * golden + 0.31) % 1) * span);
}

/** The style of an element that shows a term. Term 0 has none. */
export function termStyle(term) {
  return term ? { '--hue': hueOfTerm(term), '--chroma': 1 } : { '--hue': 0, '--chroma': 0 };
}

/** For a canvas, which knows no custom properties. */
export function termColour(term, dark) {
  return term ? `oklch(${dark ? 0.76 : 0.56} 0.13 ${hueOfTerm(term)})` : dark ? '#5b6472' : '#a8a79f';
}
