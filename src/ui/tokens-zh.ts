import type { TokensDictionary } from './tokens-en.ts';

/** 下载站点访问令牌的中文文字。 */
export const tokensZh: TokensDictionary = {
  labelOf: (host) => `${host} 的访问令牌`,
  add: '访问令牌…',
  show: '显示',
  hide: '隐藏',
  keep: '保存在这台电脑上',
  keepHint: '以明文保存在此浏览器中；否则关闭页面即失效。',
  use: '使用',
  forget: '清除令牌',
  hint: (host) =>
    `用于需要授权的模型和私有模型。只发送给 ${host}，不会随重定向转发，也不会写入链接、日志或导出文件。只读令牌即可。`,
  places: {
    memory: (host) => `${host} 的令牌在内存中，关闭页面后即失效。`,
    'this-machine': (host) => `${host} 的令牌已保存在这台电脑上。`,
  },
  refused: '这不是有效的令牌：令牌不含空格，只含普通的英文字母、数字和符号。请重新复制。',
  notKept: '此浏览器拒绝保存；令牌在内存中，关闭页面后即失效。',
};
