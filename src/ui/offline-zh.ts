import type { OfflineDictionary } from './offline-en.ts';

/** Chinese words of updates, and of what is kept for use without a network. */
export const offlineZh: OfflineDictionary = {
  waiting: '新版本已就绪。您的文本会原样保留。',
  elsewhere: '另一个标签页已更新到新版本。请在您方便时刷新此页。',
  isolation: '刷新后，评分可使用全部处理器核心。您的文本会原样保留。',
  reload: '刷新',
  later: '稍后',
  runEnds: '重新加载会中断正在进行的评分。',
};
