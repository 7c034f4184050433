// The lab speaks English and Chinese, as the scenarios do.
import { effect, signal } from '../lib/html.js';
import { keep, recall } from '../lib/storage.js';
import { standalone } from '../lib/place.js';

const key = 'oraft.language';

export const language = signal(recall(key) ?? (navigator.language.startsWith('zh') ? 'zh' : 'en'));

if (standalone === 'lab') {
  effect(() => { document.documentElement.lang = language.value; });
}

export function speak(name) {
  language.value = name;
  keep(key, name);
}

/** A text that comes in both languages. */
export function said(text) {
  return text?.[language.value] ?? text?.en ?? '';
}

const words = {
  title: ['Consensus, slowly', '慢慢看共识'],
  intro: ['Each scenario is played by the real algorithm under a virtual clock. Step through it, go back, and change it.', '每个场景都由真实的算法在虚拟时钟下运行。可以单步、回退，也可以改变它。'],
  all: ['All scenarios', '全部场景'],
  nothing: ['There is no such scenario', '没有这个场景'],
  play: ['Play', '播放'],
  pause: ['Pause', '暂停'],
  again: ['Play again', '重播'],
  back: ['Step back', '上一步'],
  step: ['Step', '下一步'],
  speed: ['Speed', '速度'],
  moment: ['Moment', '时刻'],
  logs: ['Logs', '日志'],
  steps: ['What happens', '过程'],
  now: ['At this moment', '此刻'],
  clients: ['Clients', '客户端'],
  expected: ['Everything came as expected.', '一切如预期。'],
  unexpected: ['It did not come as expected.', '结果与预期不同。'],
  changed: ['It came otherwise than in the scenario: you changed it.', '结果与场景不同：因为你改变了它。'],
  intervene: ['Intervene at this moment', '在此刻介入'],
  stop: ['Stop', '停止'],
  start: ['Start', '启动'],
  pauseNode: ['Pause', '暂停节点'],
  resume: ['Resume', '恢复'],
  campaign: ['Let it stand for election', '让它发起选举'],
  isolate: ['all', '全部'],
  number: ['Number', '数'],
  cut: ['Cut the link to', '切断到以下节点的链路'],
  heal: ['Heal all links', '恢复所有链路'],
  command: ['Command', '命令'],
  send: ['Send to', '发送给'],
  timeouts: ['Election timeout', '选举超时'],
  apply: ['Play with it', '应用'],
  restore: ['Take all changes back', '撤销所有改动'],
  changes: ['Your changes', '你的改动'],
  waiting: ['waits', '等待中'],
  committed: ['committed', '已提交'],
  open: ['not committed', '未提交'],
  applied: ['stronger: applied', '颜色更浓：已应用'],
  unreadable: ['The changes in this address cannot be read: this is the scenario as it comes.', '地址中的改动无法读取：这里是原来的场景。'],
  rejected: ['rejected', '被拒绝'],
  unknown: ['outcome unknown', '结果未知'],
  left: ['messages are not drawn: there were too many.', '条消息因过多而未画出。'],
  nobody: ['Nobody has asked for anything yet.', '尚无请求。'],
};

/** A word of the lab's own in the visitor's language. */
export function word(name) {
  const [en, zh] = words[name];
  return language.value === 'zh' ? zh : en;
}
