import type { DiagnosticsDictionary } from './diagnostics-en.ts';

/** 诊断页面的中文文字。 */
export const diagnosticsZh: DiagnosticsDictionary = {
  heading: '诊断',
  lead: '此浏览器和这台电脑提供什么、是否正常工作。全部在本机读取和显示，不会发送任何内容。',
  copyMarkdown: '复制诊断信息',
  copyJson: '复制为 JSON',
  copyNote: '复制的内容不含您的任何文本：没有查询、文档、文件名，也没有您自己的模型名称。',
  yes: '是',
  no: '否',
  unknown: '未提供',
  none: '无',
  asking: '正在查询……',

  check: {
    heading: '自检',
    note: '在单独的后台线程中逐项实测应用所依赖的功能，不影响您的运行和正在使用的模型。',
    start: '开始自检',
    again: '重新自检',
    stop: '停止',
    running: '进行中',
    waiting: '等待中',
    ms: (value) => `${value} 毫秒`,
    verdicts: { passed: '通过', failed: '未通过', skipped: '此处没有' },
    counts: {
      passed: (count) => `${count} 项通过`,
      failed: (count) => `${count} 项未通过`,
      skipped: (count) => `${count} 项此处没有`,
    },
    summary: (counts) => `${counts.join('，')}。`,
    detail: (detail) => {
      switch (detail.found) {
        case 'worker-answers':
          return '后台线程已启动并有应答。';
        case 'order': {
          const { order, expected } = detail;
          const said = `三篇已知文档的排序为 ${order}。`;
          return order === expected ? said : `${said}应为 ${expected}。`;
        }
        case 'logits': {
          const { pairs, largestDifference, tolerance } = detail;
          const difference = largestDifference?.toExponential(1) ?? '?';
          return `${pairs} 个已知文本对，最大差异 ${difference}，允许 ${tolerance}。`;
        }
        case 'other-device':
          return `改在 ${detail.device === 'webgpu' ? 'WebGPU' : detail.device.toUpperCase()} 上运行。`;
        case 'no-adapter':
          return '此处的 WebGPU 未找到适配器。';
        case 'kept':
          return '写入、读取和删除均成功。';
        case 'absent':
          return '此浏览器没有这种存储。';
        case 'refused':
          return '浏览器拒绝了。';
        case 'message':
          return detail.message;
        default:
          return detail satisfies never;
      }
    },
    announce: (name) => `正在检查：${name}`,
    names: {
      'keyword-worker': '后台线程能够启动',
      'keyword-order': 'BM25 正确排列已知列表',
      'model-wasm': '模型在 WASM 上算出已知的 logit',
      'model-webgpu': '模型在 WebGPU 上算出已知的 logit',
      'local-storage': '可保存设置（localStorage）',
      'indexed-db': '可保存集合和工作内容（IndexedDB）',
      opfs: '可保存模型（源私有文件系统）',
      'cache-storage': '可保存应用以供离线使用（Cache Storage）',
    },
    advice: {
      'keyword-worker':
        '本站的后台线程被拦截或未能载入。请刷新页面；若仍无效，请关闭拦截脚本的扩展。',
      'keyword-order': '此浏览器的分词方式不同。请附上诊断信息反馈此问题。',
      'model-wasm': '请刷新页面。若文件损坏或缺失，说明网站未完整复制到主机。',
      'model-webgpu': '请在顶部面板中选择 WASM。更新显卡驱动或浏览器通常有帮助。',
      'local-storage':
        '浏览器拒绝保存：可能是隐私窗口、网站数据被禁止或磁盘已满。应用可以使用，但关闭标签页后不再记得设置。',
      'indexed-db':
        '浏览器拒绝保存：可能是隐私窗口、网站数据被禁止或磁盘已满。请导出您想保留的内容。',
      opfs: '除内置小模型外，每次访问都需重新下载模型。请允许保存网站数据或释放空间。',
      'cache-storage': '没有网络时无法打开应用。请允许保存网站数据或释放空间。',
    },
  },

  app: {
    heading: '应用',
    version: '版本',
    build: '构建',
    language: '应用语言',
    theme: '主题',
    offline: '离线使用',
    update: '更新',
    keepOffline: '保存以供离线使用',
    forgetOffline: '移除离线副本',
    offlinePhases: {
      unsupported: '此处不可用',
      none: '尚未保存',
      filling: '正在保存',
      ready: '已就绪',
      failed: '失败',
    },
    offlineReasons: {
      browser: '此浏览器没有 Service Worker',
      insecure: '页面通过普通 HTTP 打开',
      refused: '浏览器拒绝',
      development: '开发服务器',
      waiting: '页面空闲时开始',
      'save-data': '浏览器处于省流量模式',
      forgotten: '已移除',
      'storage-full': '存储空间已满',
      'storage-refused': '浏览器拒绝存储',
      network: '网络中断',
      'files-changed': '网站在此期间已更新',
    },
    updates: {
      none: '没有待更新',
      waiting: '有新版本，刷新后生效',
      elsewhere: '另一个标签页已换用新版本',
    },
  },
  browser: {
    heading: '浏览器',
    brands: '产品',
    userAgent: '用户代理',
    platform: '平台',
    cores: '逻辑处理器',
    memory: '内存（浏览器提供）',
    languages: '浏览器语言',
    online: '网络',
    onlineWords: { online: '可用', offline: '不可用' },
    window: '窗口',
  },
  wasm: {
    heading: 'WebAssembly',
    simd: 'SIMD',
    threads: '线程',
    isolation: '跨源隔离',
    isolations: {
      isolated: '是：线程可共享内存',
      'not-secure': '否：页面通过普通 HTTP 打开',
      'no-headers': '否：主机未发送隔离响应头，只有一个线程',
    },
    suspending: 'JSPI（可挂起）',
    memory64: '64 位内存',
  },
  webgpu: {
    heading: 'WebGPU',
    adapter: '适配器',
    kind: '类型',
    software: '软件：在 CPU 上计算，比 WASM 慢',
    hardware: '硬件',
    features: '功能',
    absent: {
      'no-api': '此浏览器没有 WebGPU。',
      'no-adapter': 'WebGPU 未找到适配器，可能已关闭图形加速。',
    },
  },
  storage: {
    heading: '存储',
    used: '已用',
    quota: '可用上限',
    persisted: '长期保留',
    persistedWords: { yes: '是：浏览器清除前会询问', no: '否：空间不足时可能被清除' },
    works: '正常',
    missing: '此浏览器没有',
    refused: (error) => `被拒绝（${error}）`,
    keep: '请求浏览器长期保留',
    keepRefused: '浏览器暂时拒绝了。',
    kinds: {
      'local-storage': 'localStorage',
      'indexed-db': 'IndexedDB',
      opfs: '私有文件系统',
      'cache-storage': 'Cache Storage',
    },
    refresh: '重新查询',
  },
  kept: {
    heading: '保存在此处的文本和结果',
    note: '输入和排序的内容保存在此浏览器中，刷新或崩溃都不会丢失。',
    noAside: '没有需要另存的内容。',
    aside: '以下内容无法读取，已另存，没有删除任何部分：',
    forget: '清除在此输入的所有内容',
    forgetQuestion:
      '所有标签页的文本、结果、设置以及已保存的访问令牌将永久删除，其他标签页会重新加载；模型和集合会保留。',
    refused: '浏览器拒绝删除部分内容。请在浏览器设置中清除网站数据。',
  },
  model: {
    heading: '使用中的模型',
    none: '尚未加载模型。',
    test: '重新加载并检验',
    busy: '忙碌',
    failed: '无法加载：',
    selfTest: '模型自检',
  },
  errors: {
    heading: '本次会话的错误',
    none: '目前没有。',
    note: '只保存在内存中，关闭页面即消失：仅有类别和位置，不含错误消息。',
    after: (seconds) => `${seconds} 秒后`,
    recovered: '已自动恢复',
    where: {
      view: '绘制视图时',
      page: '在页面中',
      promise: '在 Promise 中',
      run: '运行时',
      model: '加载模型时',
    },
  },
  licences: {
    heading: '许可证',
    open: '查看应用由哪些软件组成',
    note: (count) => `应用及其后台线程包含 ${count} 个软件包。`,
    loading: '正在获取列表……',
    failed: '未能获取列表。',
    again: '重试',
    columns: { name: '软件包', version: '版本', licence: '许可证' },
    text: (name) => `${name} 的许可证`,
    model: '内置模型说明：训练数据及其许可',
    traps: '关键词陷阱的文本是为本应用编写的。',
  },
};
