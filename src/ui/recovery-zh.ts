import type { RecoveryDictionary } from './recovery-en.ts';

/** 运行中断后自动继续时的中文文字。 */
export const recoveryZh: RecoveryDictionary = {
  goesOn: {
    'device-lost': 'GPU 连接已丢失。正在 GPU 上重新启动模型，并从已有的评分继续。',
    'out-of-memory': '有一批文档超出了可用内存。正在重新启动模型，改用更小的批次继续。',
    'worker-crashed': '评分的后台线程已停止。正在重新启动，并从已有的评分继续。',
  },
  wentOn: {
    'device-lost': '本次运行中 GPU 连接曾丢失。模型已在 GPU 上重新启动，已有的评分都已保留。',
    'out-of-memory':
      '本次运行中有一批文档超出了可用内存。模型已重新启动并改用更小的批次，评分结果不变。',
    'worker-crashed': '本次运行中评分的后台线程曾停止。已重新启动，已有的评分都已保留。',
  },
};
