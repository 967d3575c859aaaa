// biome-ignore-all lint/complexity/useArrowFunction: must run where the app cannot even be read
// biome-ignore-all lint/suspicious/noVar: the same
// biome-ignore-all lint/suspicious/noRedundantUseStrict: a classic script
/*
 * Says in plain words which parts of the browser are missing, before anything of the app runs, and
 * that the app could not be fetched where nothing of it did. ES5, and no more of the browser than
 * that. What the app can do without (WebGPU, isolation, storage) is not asked for.
 */
(function () {
  'use strict';

  // One function: counts the bits of a vector of sixteen zeros.
  var simd = [
    0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253,
    15, 253, 98, 11,
  ];

  var words = {
    en: {
      heading: 'This browser cannot run Crossrank',
      missing: 'It lacks: ',
      between: ', ',
      works:
        'These can: Chrome and Edge 116 or newer, Firefox 128 or newer, Safari 17.4 or newer. Updating the browser is mostly enough.',
      https: 'a secure address (https)',
      failed: 'Crossrank could not be started',
      reload: 'A part of it could not be fetched. Check the connection and reload the page.',
    },
    zh: {
      heading: '此浏览器无法运行 Crossrank',
      missing: '缺少：',
      between: '、',
      works:
        '可用的浏览器：Chrome 和 Edge 116 及以上、Firefox 128 及以上、Safari 17.4 及以上。通常更新浏览器即可。',
      https: '安全地址（https）',
      failed: 'Crossrank 未能启动',
      reload: '有一部分未能载入。请检查网络连接，然后刷新页面。',
    },
  };

  var language = /^zh/i.test(navigator.language || '') ? 'zh' : 'en';
  var said = words[language];

  var needed = [
    {
      // The workers' locks are named by it, and browsers offer it to secure pages alone.
      name: said.https,
      is: function () {
        return window.isSecureContext !== false;
      },
    },
    { name: 'module workers', is: hasModuleWorkers },
    {
      name: 'WebAssembly SIMD',
      is: function () {
        return WebAssembly.validate(new Uint8Array(simd));
      },
    },
    {
      name: 'BigInt64Array',
      is: function () {
        return typeof BigInt64Array === 'function';
      },
    },
    {
      name: 'AbortSignal.any',
      is: function () {
        return typeof AbortSignal.any === 'function';
      },
    },
    {
      name: 'Intl.Segmenter',
      is: function () {
        return typeof Intl.Segmenter === 'function';
      },
    },
    {
      name: 'Array.prototype.toSorted',
      is: function () {
        return typeof [].toSorted === 'function';
      },
    },
    {
      name: 'structuredClone',
      is: function () {
        return typeof structuredClone === 'function';
      },
    },
    {
      name: 'popover',
      is: function () {
        return 'popover' in HTMLElement.prototype;
      },
    },
  ];

  var missing = needed
    .filter(function (part) {
      return !holds(part.is);
    })
    .map(function (part) {
      return part.name;
    });
  if (missing.length > 0) {
    say(said.heading, [said.missing.concat(missing.join(said.between), '.'), said.works]);
    // The app, if it can be read at all, finds no place to draw itself over this.
    document.getElementById('root').id = 'unsupported';
  } else {
    // Also of scripts that do not come, whose events do not bubble. Drawing the app replaces it.
    window.addEventListener('error', sayFailed, true);
  }

  function sayFailed(event) {
    var target = event.target;
    var isScript = target !== null && target.tagName === 'SCRIPT' && target.type === 'module';
    if (isScript || target === window) say(said.failed, [said.reload]);
  }

  /** Puts a heading and paragraphs where the app would be, unless something is there. */
  function say(heading, paragraphs) {
    var root = document.getElementById('root');
    if (root === null || root.firstChild !== null) return;
    var section = document.createElement('section');
    section.setAttribute('role', 'alert');
    section.lang = language === 'zh' ? 'zh-Hans' : 'en';
    section.style.maxWidth = '40rem';
    section.style.margin = '3rem auto';
    section.style.padding = '0 1.25rem';
    section.style.fontSize = '1rem';
    section.style.lineHeight = '1.6';
    var title = document.createElement('h1');
    title.textContent = heading;
    section.appendChild(title);
    paragraphs.forEach(function (text) {
      var paragraph = document.createElement('p');
      paragraph.style.marginTop = '0.75rem';
      paragraph.textContent = text;
      section.appendChild(paragraph);
    });
    root.appendChild(section);
  }

  /** A browser that reads the type does so first; that address could not be fetched by the others. */
  function hasModuleWorkers() {
    var isRead = false;
    var options = {};
    Object.defineProperty(options, 'type', {
      get: function () {
        isRead = true;
        throw new Error('enough');
      },
    });
    try {
      new Worker('http://', options);
    } catch (_) {
      // In every browser.
    }
    return isRead;
  }

  function holds(is) {
    try {
      return is();
    } catch (_) {
      return false;
    }
  }
})();
