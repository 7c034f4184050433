// Plays a recording: slowly, step by step, forwards and back.
import { html, useEffect, useMemo, useRef, useSignal } from '../lib/html.js';
import { remember, route } from '../lib/route.js';
import { said, word } from './i18n.js';
import { captionAt, cutsAt, flightsAt, lastUpTo, nodesAt, prepare, timersAt } from './recording.js';
import { Intervene } from './intervene.js';
import { Lanes, Legend } from '../parts/lanes.js';
import { Ring } from '../parts/ring.js';

const speeds = [[0.02, '1/50'], [0.05, '1/20'], [0.1, '1/10'], [0.25, '1/4'], [1, '1'], [8, '8×']];
const usualSpeed = 0.1;
const boxWidth = 84;
const drawMilliseconds = 60;

/** The clock of a recording: what moves every frame reads the moment as it is, what is drawn by components a rounded one. */
function useClock(prepared) {
  const { duration } = prepared.recording;
  const given = route.peek().parameters;
  const exact = useRef(Math.max(0, Math.min(duration, Number(given.t) || 0)));
  const moment = useSignal(exact.current);
  const isPlaying = useSignal(given.t === undefined);
  const speed = useSignal(speeds.some(([value]) => value === Number(given.speed)) ? Number(given.speed) : usualSpeed);
  const seek = to => {
    exact.current = Math.max(0, Math.min(duration, to));
    moment.value = exact.current;
  };
  useEffect(() => {
    if (exact.current > duration) {
      seek(duration);
    }
  }, [prepared]);
  const playing = isPlaying.value;
  const pace = speed.value;
  useEffect(() => {
    if (!playing) {
      remember({ t: Math.round(exact.current) });
      return undefined;
    }
    let last = performance.now();
    let drawn = 0;
    let next = requestAnimationFrame(function beat(now) {
      exact.current = Math.min(duration, exact.current + (now - last) * pace);
      last = now;
      if (now - drawn > drawMilliseconds || exact.current === duration) {
        drawn = now;
        moment.value = exact.current;
      }
      if (exact.current === duration) {
        isPlaying.value = false;
      } else {
        next = requestAnimationFrame(beat);
      }
    });
    return () => cancelAnimationFrame(next);
  }, [playing, pace, prepared]);
  return { exact, moment, isPlaying, speed, seek, duration };
}

function stage(prepared, states, moment) {
  const { recording } = prepared;
  const leaders = states.filter(state => state.isUp && state.role === 'leader').sort((left, right) => right.term - left.term);
  const leader = leaders[0];
  const nodes = states.map(state => ({
    id: state.node,
    label: state.node,
    place: state.value === null || state.value === undefined ? '' : `= ${state.value}`,
    role: state.role,
    term: state.term,
    isUp: state.isUp,
    isPaused: state.isPaused,
    lead: state === leader,
    first: state.first,
    last: state.first + state.log.length - 1,
    commit: state.commit,
    applied: state.applied,
    snapshot: state.snapshot,
    termAt: index => state.log[index - state.first],
  }));
  const progress = new Map((leader?.progress ?? []).map(known => [known.node, known]));
  return { nodes, leader, progress, cuts: cutsAt(prepared, moment), textOf: (index, term) => recording.entries[`${index}.${term}`] };
}

function Transport({ clock, prepared }) {
  const { moment, isPlaying, speed, seek, duration } = clock;
  const { moments } = prepared;
  const now = moment.value;
  const isOver = now >= duration;
  const step = direction => {
    isPlaying.value = false;
    const here = lastUpTo(moments, now, at => at);
    seek(direction > 0 ? moments[here + 1] ?? duration : moments[moments[here] < now ? here : here - 1] ?? 0);
    remember({ t: Math.round(clock.exact.current) });
  };
  const toggle = () => {
    if (!isPlaying.value && isOver) {
      seek(0);
    }
    isPlaying.value = !isPlaying.value;
  };
  useEffect(() => {
    const key = event => {
      if (event.target.closest('input, select, button, a, [role="button"]') || event.ctrlKey || event.metaKey || event.altKey) {
        return;
      }
      const keys = { ' ': toggle, ArrowRight: () => step(1), ArrowLeft: () => step(-1), Home: () => seek(0), End: () => seek(duration) };
      if (keys[event.key]) {
        event.preventDefault();
        keys[event.key]();
      }
    };
    addEventListener('keydown', key);
    return () => removeEventListener('keydown', key);
  });
  return html`<div class="transport" role="group" aria-label="Player">
    <button onClick=${() => step(-1)} disabled=${now <= 0} data-testid="back"><span aria-hidden="true">◂</span> ${word('back')}</button>
    <button class="primary big" onClick=${toggle} data-testid="play">${isPlaying.value ? word('pause') : isOver ? word('again') : word('play')}</button>
    <button onClick=${() => step(1)} disabled=${isOver} data-testid="step">${word('step')} <span aria-hidden="true">▸</span></button>
    <div class="scrub"><input type="range" min="0" max=${duration} step="1" value=${Math.round(now)} aria-label=${word('moment')} aria-valuetext=${`${Math.round(now)} ms`}
        onInput=${event => { isPlaying.value = false; seek(Number(event.target.value)); }} onChange=${() => remember({ t: Math.round(clock.exact.current) })} data-testid="scrub" />
      <span class="marks" aria-hidden="true">${moments.map(at => html`<i key=${at} style=${{ left: `${(at / duration) * 100}%` }}></i>`)}</span></div>
    <span class="when">${Math.round(now)} / ${Math.round(duration)} ms</span>
    <label class="row small soft">${word('speed')}<select value=${speed.value} onChange=${event => { speed.value = Number(event.target.value); remember({ speed: event.target.value }); }} data-testid="speed">
      ${speeds.map(([value, name]) => html`<option key=${value} value=${value}>${name}</option>`)}</select></label>
  </div>`;
}

function Steps({ prepared, moment, onSeek }) {
  const { captions, checks } = prepared.recording;
  const current = captionAt(prepared, moment);
  const lines = [...captions.map(entry => ({ ...entry, kind: 'caption' })), ...checks.map(entry => ({ ...entry, kind: 'check' }))].sort((left, right) => left.at - right.at || (left.kind === 'check') - (right.kind === 'check'));
  return html`<ol class="steps">${lines.map((line, index) => {
    const isPast = line.at <= moment;
    const face = line.kind !== 'check' ? '' : isPast ? (line.holds ? '✓ ' : '✕ ') : '○ ';
    const tone = line.kind === 'check' && isPast ? (line.holds ? 'done' : 'failed') : '';
    return html`<li key=${index}><button onClick=${() => onSeek(line.at)} aria-current=${line.kind === 'caption' && current?.at === line.at && current.step === line.step ? 'step' : undefined}>
      <span>${Math.round(line.at)}</span><span class=${tone}>${face}${said(line.text)}</span></button></li>`;
  })}</ol>`;
}

function Talk({ clients, moment }) {
  const heard = clients.filter(client => client.sent <= moment);
  return heard.length === 0 ? html`<p class="soft">${word('nobody')}</p>` : html`<ul class="talk">${heard.map((client, index) => {
    const isAnswered = client.answered !== null && client.answered <= moment;
    const value = isAnswered && client.value !== null && client.value !== undefined ? ` · ${client.value}` : '';
    return html`<li key=${index}><b>${client.client}</b><span><span class="mono">${client.command}</span> → ${client.via}: <span class=${isAnswered ? (client.outcome === 'committed' ? 'good' : 'warn') : 'soft'}>${isAnswered ? `${word(client.outcome)}${value}` : word('waiting')}</span></span></li>`;
  })}</ul>`;
}

function Verdict({ recording, isChanged }) {
  const { asExpected } = recording;
  return html`<p class=${`verdict ${asExpected ? 'good' : isChanged ? 'warn' : 'bad'}`} role="status" data-testid="verdict" data-expected=${asExpected}>
    <span aria-hidden="true">${asExpected ? '✓' : '≠'}</span>${asExpected ? word('expected') : isChanged ? word('changed') : word('unexpected')}</p>`;
}

/** A recording with everything around it. */
export function Player({ recording, changes, onChange, isChanged, onRestore }) {
  const prepared = useMemo(() => prepare(recording), [recording]);
  const clock = useClock(prepared);
  const selected = useSignal(recording.nodes[0]);
  const now = clock.moment.value;
  const states = nodesAt(prepared, now);
  const { nodes, leader, progress, cuts, textOf } = stage(prepared, states, now);
  const seek = to => {
    clock.isPlaying.value = false;
    clock.seek(to);
    remember({ t: Math.round(to) });
  };
  const frame = () => {
    const exact = clock.exact.current;
    return { flights: flightsAt(prepared, exact), timers: timersAt(nodesAt(prepared, exact), exact) };
  };
  return html`
    <div class="opening"><h1>${said(recording.scenario.title)}</h1></div>
    <div class="stage">
      <section class="card ring-card" aria-label="Ring">
        <${Ring} nodes=${nodes} leader=${leader?.node} cuts=${cuts} frame=${frame} selected=${selected.value} onSelect=${id => { selected.value = id; }} />
        ${recording.messagesLeftOut ? html`<p class="ring-foot">${recording.messagesLeftOut} ${word('left')}</p>` : ''}
      </section>
      <section class="card stack tight" aria-label=${word('now')}>
        <p class="caption-large" aria-live="polite" data-testid="caption">${said(captionAt(prepared, now)?.text) || said(recording.scenario.about)}</p>
        ${now >= clock.duration ? html`<${Verdict} recording=${recording} isChanged=${isChanged} />` : ''}
        <h2>${word('clients')}</h2>
        <${Talk} clients=${recording.clients} moment=${now} />
      </section>
    </div>
    <${Transport} clock=${clock} prepared=${prepared} />
    <section class="card" aria-labelledby="lanes-title">
      <div class="head"><h2 id="lanes-title">${word('logs')}</h2></div>
      <${Lanes} nodes=${nodes} textOf=${textOf} progress=${progress} boxWidth=${boxWidth} />
      <${Legend} committed=${word('committed')} open=${word('open')} applied=${word('applied')} />
    </section>
    <div class="stage">
      <section class="card" aria-labelledby="steps-title"><h2 id="steps-title">${word('steps')}</h2><${Steps} prepared=${prepared} moment=${now} onSeek=${seek} /></section>
      <${Intervene} recording=${recording} moment=${now} states=${states} selected=${selected} changes=${changes} onChange=${altered => { clock.isPlaying.value = false; remember({ t: Math.round(now) }); onChange(altered); }} onRestore=${isChanged ? onRestore : null} />
    </div>`;
}
