import type { CascadeDictionary } from './cascade-en.ts';

/** 两个模型先后评分时的中文文字。 */
export const cascadeZh: CascadeDictionary = {
  label: '级联',
  off: '关闭',
  first: (fast) => `先用 ${fast}`,
  hint: (strong) => `先由快速模型为全部文档评分，再由 ${strong} 为其中最佳的重新评分。`,
  depthLabel: '重新评分',
  depth: (depth) => `最佳 ${depth} 篇再评一次`,
  few: (depth, strong) =>
    `文档多于 ${depth} 篇时才起作用；不超过 ${depth} 篇时由 ${strong} 直接评分。`,
  gone: (fast) => `${fast} 已不在这台电脑上，级联已关闭。`,
  stages: {
    fast: (fast) => `第 1 阶段（共 2 阶段）：${fast}`,
    strong: (strong, depth) => `第 2 阶段（共 2 阶段）：${strong} 为最佳 ${depth} 篇重新评分`,
  },
  announce: (strong, depth) => `正由 ${strong} 为最佳 ${depth} 篇重新评分。`,
  cancelled: {
    fast: (done, total, fast) =>
      `已取消：${fast} 已为 ${total} 篇中的 ${done} 篇评分，其余按 BM25 排列；尚未重新评分。`,
    strong: (done, depth, fast, strong) =>
      `已取消：${fast} 已为全部文档评分，${strong} 已为最佳 ${depth} 篇中的 ${done} 篇重新评分。`,
  },
  marks: {
    strong: (strong, depth) => `最佳 ${depth} 篇，由 ${strong} 重新评分`,
    some: (strong, again, depth) => `最佳 ${depth} 篇中的 ${again} 篇，由 ${strong} 重新评分`,
    fast: (fast) => `仅由 ${fast} 评分，不能与上方的分数比较`,
  },
  sides: (strong) => `右侧分隔线以上的文档由 ${strong} 重新评分。`,
  failed: (strong, fast) => `${strong} 未能为最佳文档重新评分，此为 ${fast} 的排序。`,
  cost: (fast, time, documents) => `${fast} 为 ${documents} 篇文档评分用时 ${time}`,
  costAgain: (strong, time, documents) => `${strong} 为 ${documents} 篇用时 ${time}`,
  alone: (strong, time) => `全部由 ${strong} 评分约需 ${time}`,
  remembered: (count, total) => `${total} 个分数中有 ${count} 个沿用已知分数`,
  list: (parts) => parts.join('，'),
  inTurn: (fast, strong) => `${fast}，然后 ${strong}`,
  truth: {
    heading: '两个阶段',
    columns: {
      stage: '阶段',
      documents: '文档',
      time: '时间',
      tokens: '每秒词元数',
    },
    remembered: (count) => `${count} 个沿用已知分数`,
    together: '合计',
    saved: (strong, alone, saved) =>
      `全部文档都由 ${strong} 评分约需 ${alone}，级联约节省 ${saved}。`,
    lost: (strong, alone, lost) =>
      `全部文档都由 ${strong} 评分约需 ${alone}，级联反而多用约 ${lost}。`,
    how: (rate, tokens) => `按它在此每秒 ${rate} 个词元、全部文档约 ${tokens} 个词元估计。`,
    notKnown: (strong) =>
      `${strong} 的分数全部沿用已知分数，本次运行无法说明它为全部文档评分需要多久。`,
    figuresOf: '查看数据',
  },
};
