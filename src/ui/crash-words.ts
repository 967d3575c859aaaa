/** What is said where a part of the page failed; at hand when nothing can be fetched any more. */
export const crashWords = {
  en: {
    failed: {
      heading: 'This view failed to draw',
      text: 'The rest of the app works, and your text is kept in this tab.',
    },
    missing: {
      heading: 'This view could not be fetched',
      text: 'The network is away, or the app was updated meanwhile. The rest of the app works, and your text is kept in this tab.',
    },
    again: 'Try again',
    reload: 'Reload',
    copy: 'Copy diagnostics',
    copied: 'Copied',
  },
  zh: {
    failed: {
      heading: '此视图绘制失败',
      text: '应用的其他部分不受影响，您的文本保存在本标签页中。',
    },
    missing: {
      heading: '此视图未能载入',
      text: '网络不可用，或应用在此期间已更新。应用的其他部分不受影响，您的文本保存在本标签页中。',
    },
    again: '重试',
    reload: '刷新',
    copy: '复制诊断信息',
    copied: '已复制',
  },
} as const;
