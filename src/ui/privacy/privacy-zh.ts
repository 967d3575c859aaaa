import type { PrivacyDictionary } from './privacy-en.ts';

/** 关于“哪些内容离开了本机”的中文文字。 */
export const privacyZh: PrivacyDictionary = {
  heading: '哪些内容离开了本机',
  lead: '您的查询和文档始终留在这里。下面是自本页打开以来应用发出的请求，由浏览器自身记录。',
  none: '还没有发出任何请求。',
  sent: (_count, shown) => `${shown} 个请求`,
  total: (parts) => `自本页打开以来共 ${parts}`,
  toThisSite: (shown) => `${shown} 个发往本站`,
  toHost: (shown, host) => `${shown} 个发往 ${host}`,
  nothingSent: '自本页打开以来没有向网络发出任何请求',
  kept: (_count, shown, isMore) => `${isMore ? '另有 ' : ''}${shown} 个由此浏览器中已有的内容应答`,
  list: (parts) => parts.join('，'),
  guarantee:
    '这由浏览器强制执行：内容安全策略（CSP）只允许本页和接触您文字的后台线程访问本站，不能访问其他站点。向本站请求的只有应用自身的文件，地址见下表。只有一个后台线程可以访问其他站点，用于下载您选择的模型；查询和文档从不交给它。',
  weak: '本站尚未发送安全标头，因此该策略约束本页，但还不约束后台线程。请刷新一次：此后应用会自行加上这些标头。',
  hosts: '站点',
  all: '全部',
  thisSite: '本站',
  allLabel: (shown) => `全部请求：${shown}`,
  copy: '复制 JSON',
  table: '请求',
  columns: {
    time: '时间',
    from: '发起者',
    address: '地址',
    size: '大小',
    via: '应答来源',
    status: '状态',
  },
  from: {
    page: '页面',
    scoring: '评分',
    keywords: '关键词',
    models: '模型下载',
    collections: '集合',
    'service-worker': '离线副本',
  },
  via: { network: '网络', cache: '浏览器缓存', 'service-worker': '离线副本' },
  notTold: '未告知',
  unseen: {
    heading: '此列表无法显示的内容',
    points: [
      '浏览器自身及其扩展程序的行为：二者都不经过本页。',
      '预检请求：浏览器在向表中站点发出某些请求之前，会先询问是否允许。',
      '不允许测量的站点的应答大小。',
      '检查新版本（service-worker.js）的结果，浏览器不作记录：应用在打开时计一次，此后每次主动检查再计一次。',
      '后台线程被终止前最后一刻的请求，以及离线副本在浏览器上次将其休眠之前发出或转发的请求。',
      '本应用的其他标签页：它们各有自己的列表。',
    ],
  },
};
