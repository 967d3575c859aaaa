import type { WorkDictionary } from './work-en.ts';

/** 关于已保存、已移开或无法保存的工作的中文文字。 */
export const workZh: WorkDictionary = {
  offer: {
    label: '您上次的工作',
    lead: '您上次在这里的工作：',
    query: (query) => `“${query}”`,
    noQuery: '尚无查询',
    documents: (count) => `${count} 篇文档`,
    ranked: (when) => `排序于${when}`,
    changed: (when) => `修改于${when}`,
    bringBack: '恢复',
    notNow: '暂不',
    forget: '永久删除',
    forgetName: '永久删除您上次的工作',
    forgetQuestion: '确定永久删除？',
  },
  left: {
    one: (done, total) =>
      `此次评分未完成时页面已关闭：${total} 篇中有 ${done} 篇已评分，其余按 BM25 排列。`,
    unordered: (done, total) => `此次评分未完成时页面已关闭：${total} 篇中有 ${done} 篇已评分。`,
    fast: (done, total, fast) =>
      `此次评分未完成时页面已关闭：${fast} 已为 ${total} 篇中的 ${done} 篇评分，尚未重新评分。`,
    strong: (done, depth, fast, strong) =>
      `此次评分未完成时页面已关闭：${fast} 已为全部文档评分，${strong} 已为最佳 ${depth} 篇中的 ${done} 篇重新评分。`,
    goOn: '为其余文档评分',
  },
  when: (day, time) => `${day} ${time}`,
  aside: {
    label: '已移开',
    lead: '这台电脑上保存的部分内容无法读取。没有删除任何内容，只是移到了一边。',
    kinds: {
      work: '某个标签页的查询、文档和结果',
      settings: '设置',
      draft: '某个标签页的文字',
      other: '测量数据',
    },
    reasons: {
      damaged: '已损坏',
      'newer-version': '由更新版本的 Crossrank 写入',
    },
    download: '下载',
    delete: '永久删除',
    deleteName: (what) => `永久删除：${what}`,
    deleteQuestion: '确定永久删除？',
    close: '先留着',
  },
  problem: '保存的工作',
  problems: {
    'newer-release':
      '更新版本的 Crossrank 已接管这里保存的内容。此标签页可以继续使用，但新的结果不再保存。刷新页面即可使用新版本。',
    blocked:
      '另一个标签页仍在使用较早版本的 Crossrank，占用着这里保存的内容。本页先照常工作，待您关闭或刷新那个标签页后会自动接上。',
    full: '这台电脑已没有空间保存您的工作。屏幕上的内容在您离开页面之前都会保留。您可以删除不再需要的模型或集合。',
    unavailable: '目前无法在这台电脑上保存您的工作。屏幕上的内容在您离开页面之前都会保留。',
  },
  reload: '刷新',
  close: '知道了',
};
