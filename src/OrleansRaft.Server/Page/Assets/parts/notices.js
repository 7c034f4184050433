// What one must know wherever one is: a lost connection, every alarm, and every fault at work with the time until it heals.
import { html, useEffect, useSignal } from '../lib/html.js';
import { plural, remaining } from '../lib/format.js';
import { hrefOf } from '../lib/route.js';
import { standalone } from '../lib/place.js';
import { alarms } from '../model/alarms.js';
import { connection } from '../model/connection.js';
import { faults, heal, healAll } from '../model/faults.js';
import { session } from '../model/session.js';

const listedMax = 3;

function useNow() {
  const now = useSignal(Date.now());
  useEffect(() => {
    const timer = setInterval(() => { now.value = Date.now(); }, 250);
    return () => clearInterval(timer);
  }, []);
  return now.value;
}

function Lost() {
  const { state, since, detail } = connection.value;
  const now = useNow();
  return state !== 'lost' ? null : html`<div class="notice-row bad-row" role="alert" data-testid="lost"><div class="inner notice">
    <span><b>The connection is lost.</b> ${detail} What is shown is ${remaining(now - since)} old; the page goes on trying and continues where it stopped.</span>
  </div></div>`;
}

function FaultNotice({ fault }) {
  const now = useNow();
  const left = Math.max(0, fault.endsAt - now);
  const share = Math.min(1, left / (fault.seconds * 1000));
  return html`<div class="notice-row" data-testid="fault-notice"><div class="inner notice">
    <span>${fault.text}</span>
    <span class="until"><span class="meter" aria-hidden="true"><i style=${{ width: `${share * 100}%` }}></i></span>heals in ${remaining(left)}
      <button class="small" onClick=${() => heal(fault)} aria-label=${`Heal now: ${fault.text}`}>Heal now</button></span>
  </div></div>`;
}

function AlarmNotice({ alarm }) {
  const now = useNow();
  const where = alarm.group ? html`<a href=${hrefOf('groups', alarm.group)}>${alarm.group}</a>` : alarm.silo;
  return html`<div class="notice-row bad-row" role="alert" data-testid="alarm" data-alarm=${alarm.alarm}><div class="inner notice">
    <span><b>${alarm.alarm}</b>${where ? html` · ${where}` : ''}: ${alarm.detail} ${alarm.remedy}</span>
    <span class="until">for ${remaining(Math.max(0, now - Date.parse(alarm.since)))}</span>
  </div></div>`;
}

function Alarms() {
  const all = alarms.value;
  return html`${all.slice(0, listedMax).map(alarm => html`<${AlarmNotice} key=${`${alarm.alarm} ${alarm.group} ${alarm.silo} ${alarm.since}`} alarm=${alarm} />`)}
    ${all.length > listedMax ? html`<div class="notice-row bad-row"><div class="inner notice"><span>and ${plural(all.length - listedMax, 'more alarm')}: <code>oraft status</code></span></div></div>` : ''}`;
}

export function Notices() {
  if (standalone || session.value.tenants) {
    return '';
  }
  const active = faults.value;
  return html`<section class="notices" aria-label="Notices">
    <${Lost} />
    <${Alarms} />
    ${active.slice(0, listedMax).map(fault => html`<${FaultNotice} key=${fault.fault} fault=${fault} />`)}
    ${active.length > listedMax ? html`<div class="notice-row"><div class="inner notice"><span>and <a href=${hrefOf('faults')}>${plural(active.length - listedMax, 'more fault')}</a></span><span class="until"><button class="small" onClick=${healAll}>Heal all</button></span></div></div>` : ''}
  </section>`;
}
