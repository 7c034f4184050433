// Captions: the latest in large letters, what came before below it.
import { html } from '../lib/html.js';
import { clock } from '../lib/format.js';
import { termStyle } from '../lib/colour.js';
import { hrefOf } from '../lib/route.js';
import { isHeadline } from '../model/story.js';

const marks = { lead: '●', trouble: '✕', good: '✓', quiet: '·' };

function Line({ entry, showsGroup }) {
  return html`<li class=${`told ${entry.tone}`} style=${termStyle(entry.term)}>
    <time>${clock(entry.at)}</time><i aria-hidden="true">${marks[entry.tone] ?? '○'}</i>
    <span>${showsGroup && entry.group ? html`<a href=${hrefOf('groups', entry.group)}>${entry.group}</a>: ` : ''}${entry.text}${entry.times > 1 ? html` <span class="soft">(${entry.times} times)</span>` : ''}</span>
  </li>`;
}

/** The story of the cluster, or of one group. */
export function Story({ entries, limit = 8, showsGroup = false, calm }) {
  const headline = entries.find(isHeadline);
  return html`<div class="story">
    <p class="caption" aria-live="polite" data-testid="caption">${headline ? `${showsGroup && headline.group ? `${headline.group}: ` : ''}${headline.text}` : calm}</p>
    <ol>${entries.slice(0, limit).map(entry => html`<${Line} key=${entry.number} entry=${entry} showsGroup=${showsGroup} />`)}</ol>
  </div>`;
}
