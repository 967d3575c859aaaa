import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page, Worker } from '@playwright/test';
import { seriousFindings } from './axe.ts';
import { fileOf, importAs, jsonLines } from './collections.ts';
import { expect, rerank, stampOf } from './fixtures.ts';
import {
  dropNetworkErrors,
  expectInUse,
  load,
  lookUp,
  openModelsView,
  openPage,
  scoringWorkers,
  test,
} from './hub.ts';
import { builtFolder, headersOfHost, startStaticServer } from './static-server.ts';
import { keptTexts, localValues, watchTexts } from './watch-texts.ts';

/** In everything that the user types, pastes or imports. */
const marker = 'zqxmarker';
const token = 'hf_zqxtokenzqxtoken';
const gated = 'test/modernbert-tiny';

const documents = [
  `${marker} students pay a loan back after their studies`,
  `rivers carry ${marker} water to the sea`,
  `the library lends books ${marker}`,
];

test.describe('a tour with marked texts and a token', () => {
  test.use({ hubOptions: { gated: { [gated]: token } } });

  test('leaves no word of them in any request, log, title, address or setting', async ({
    page,
    hub,
    context,
    watch,
  }) => {
    test.setTimeout(300_000);
    const watched = watchTexts(context);
    const said: string[] = [];
    await openPage(page);

    await test.step('rerank, share, export', async () => {
      await rerank(page, `${marker} when is a loan paid back`, documents);
      await expect(stampOf(page)).toContainText('3 pairs');
      await watched.look(page);
      await page.getByRole('button', { name: 'Export…' }).click();
      const panel = page.getByRole('region', { name: 'Export the ranking' });
      await Promise.all([
        page.waitForEvent('download'),
        panel.getByRole('button', { name: 'Download' }).click(),
      ]);
      await page.getByRole('button', { name: 'Copy link' }).click();
      await expect(page.getByText(/^Link copied/)).toBeVisible();
      const link = await page.evaluate(() => navigator.clipboard.readText());
      const other = await context.newPage();
      await other.goto(link);
      await expect(other.getByRole('textbox', { name: 'Query' })).toHaveValue(
        `${marker} when is a loan paid back`,
      );
      await expect(stampOf(other)).toContainText('3 pairs');
      await watched.look(other);
      await other.close();
      // What the link holds is packed, so that its letters are looked for as they are.
      said.push(new URL(link).hash.slice(-60));
    });

    await test.step('collections, a run, its evaluation', async () => {
      await importAs(page, `Named ${marker}`, [
        fileOf('corpus.jsonl', jsonLines(documents.map((text, at) => ({ _id: `d${at}`, text })))),
        fileOf('queries.jsonl', jsonLines([{ _id: 'q1', text: `${marker} loan` }])),
        fileOf('qrels.tsv', 'query-id\tcorpus-id\tscore\nq1\td0\t1\n'),
      ]);
      await watched.look(page);
      await page.getByRole('button', { name: 'Rerank', exact: true }).click();
      await expect(page.getByText(/^Done: 1 quer/)).toBeVisible();
      await page.getByRole('link', { name: 'Queries', exact: true }).click();
      await page.getByText(`${marker} loan`).first().click();
      await watched.look(page);
    });

    await test.step('traps', async () => {
      await page.goto('./#/traps');
      await expect(page.getByText('Measured in this tab')).toBeVisible();
      await watched.look(page);
    });

    await test.step('a gated model, opened by a token', async () => {
      await openModelsView(page);
      await lookUp(page, hub.url, gated);
      await expect(page.getByRole('alert')).toContainText(`give an access token of ${hub.url}`);
      await page.getByRole('button', { name: 'Access token…' }).click();
      const box = page.getByLabel(/^Access token for localhost/);
      await expect(box).toHaveAttribute('type', 'password');
      await box.fill(token);
      await page.getByRole('button', { name: 'Use', exact: true }).click();
      await expect(page.getByText(/^A token for localhost:\d+ is in memory/)).toBeVisible();
      await page.getByRole('button', { name: 'Look up' }).click();
      await page.getByRole('button', { name: /^Download .+ and load: .*modernbert-tiny$/ }).click();
      await expectInUse(page, 'modernbert-tiny');
      await page.getByRole('link', { name: 'Rerank', exact: true }).click();
      await rerank(page, `${marker} rivers`, documents);
      await expect(stampOf(page)).toContainText('modernbert-tiny');
    });

    await test.step('what fails', async () => {
      said.push(
        ...(await page.evaluate(
          async ([word, secret, host]) => {
            const failures = [
              window.crossrank.rerank({
                query: `${word} q`,
                // Typed in a console it may be anything.
                documents: [word, 5 as unknown as string],
              }),
              window.crossrank.load({ model: 'test/nobody', host, token: secret }),
              window.crossrank.load({ model: 'test/nobody', host, token: `${secret} 中` }),
              window.crossrank.rerank({
                query: word,
                documents: [`${word} d`],
                model: 'test/truncated',
                host,
              }),
            ];
            const ended = await Promise.allSettled(failures);
            return ended.map((end) =>
              end.status === 'rejected' ? `${end.reason}\n${end.reason?.stack}` : 'fulfilled',
            );
          },
          [marker, token, hub.url] as const,
        )),
      );
      expect(said).not.toContain('fulfilled');
      await page.goto(`./#/share/1.${marker}`);
      await expect(page.getByText('This link is damaged')).toBeVisible();
      await watched.look(page);
    });

    await test.step('diagnostics and what left this machine', async () => {
      for (const view of ['diagnostics', 'privacy']) {
        await page.goto(`./#/${view}`);
        await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
        said.push(await page.getByRole('main').innerText());
        await watched.look(page);
      }
    });

    const [linkEnd = '', ...texts] = said;
    const requests = await watched.requests();
    const holding = (places: readonly string[], word: string): string[] =>
      places.filter((text) => text.toLowerCase().includes(word.toLowerCase()));
    for (const word of [marker, linkEnd]) {
      expect(holding(requests, word)).toEqual([]);
      expect(holding(watched.logs, word)).toEqual([]);
      expect(holding(watched.places, word)).toEqual([]);
      expect(holding(texts, word)).toEqual([]);
    }
    const asked = hub.requests.map(({ path, query }) => `${path}${query}`);
    expect(holding(asked, marker)).toEqual([]);
    const settings = (await localValues(page)).map(([key, value]) => `${key} ${value}`);
    expect(holding(settings, marker)).toEqual([]);

    // The token went to the hub, in one header, and nowhere else.
    const withToken = holding(requests, token);
    expect(withToken.length).toBeGreaterThan(0);
    expect(withToken.filter((text) => !text.includes(`"${hub.url}/`))).toEqual([]);
    expect(withToken.map((text) => text.split(token).length)).toEqual(withToken.map(() => 2));
    expect(hub.requests.filter((one) => one.host === 'cdn' && one.authorization)).toEqual([]);
    expect(hub.requests.some((one) => one.host === 'cdn' && one.status === 200)).toBe(true);
    for (const places of [watched.logs, watched.places, texts, settings, await keptTexts(page)]) {
      expect(holding(places, token)).toEqual([]);
    }
    // All of them were seen, and there is nobody else.
    const own = new URL(page.url()).origin;
    const origins = requests.map((text) => new URL(JSON.parse(text)[1]));
    const hosts = new Set(
      origins.filter(({ protocol }) => protocol.startsWith('http')).map(({ origin }) => origin),
    );
    expect([...hosts].toSorted()).toEqual([own, hub.url, hub.cdnUrl].toSorted());
    dropNetworkErrors(watch.pageErrors);
  });

  test('a token is kept on this machine only when asked, for one host, and forgotten', async ({
    page,
    hub,
    watch,
  }) => {
    await openPage(page);
    await openModelsView(page);
    await lookUp(page, hub.url, gated);
    await page.getByRole('button', { name: 'Access token…' }).click();
    await page.getByLabel(/^Access token for localhost/).fill('two words');
    await page.getByRole('button', { name: 'Use', exact: true }).click();
    await expect(page.getByText('This cannot be a token')).toBeVisible();
    await page.getByLabel(/^Access token for localhost/).fill(token);
    await page.getByRole('checkbox', { name: 'Keep on this machine' }).check();
    await page.getByRole('button', { name: 'Use', exact: true }).click();
    await expect(page.getByText('is kept on this machine')).toBeVisible();
    expect(await keysHolding(page, token)).toEqual(['crossrank.tokens']);

    await page.reload();
    await openModelsView(page);
    await expect(page.getByText('is kept on this machine')).toBeVisible();
    // Another host, the second server of the hub, is asked without it.
    const report = await load(page, { model: gated, host: hub.cdnUrl });
    expect(report.code).not.toBe(null);
    expect(hub.requests.filter((one) => one.host === 'cdn' && one.authorization)).toEqual([]);
    expect((await load(page, { model: gated, host: hub.url, device: 'wasm' })).code).toBe(null);

    // In another tab, and this one forgets it, too.
    const other = await page.context().newPage();
    await openPage(other);
    await openModelsView(other);
    await other.getByRole('button', { name: 'Forget token' }).click();
    await other.close();
    await expect(page.getByRole('button', { name: 'Access token…' })).toBeVisible();
    expect(await keysHolding(page, token)).toEqual([]);
    await page.reload();
    await openModelsView(page);
    await expect(page.getByRole('button', { name: 'Access token…' })).toBeVisible();
    dropNetworkErrors(watch.pageErrors);
  });

  test('a refusal says that a token can be given, and of one that does not fit that it does not', async ({
    page,
    hub,
    watch,
  }) => {
    await openPage(page);
    const without = await load(page, { model: gated, host: hub.url });
    expect(without.code).toBe('access-denied');
    expect(without.message).toContain(`give an access token of ${hub.url}`);
    const wrong = await load(page, { model: gated, host: hub.url, token: 'hf_another' });
    expect(wrong.code).toBe('access-denied');
    expect(wrong.message).toContain(`the access token that was given for ${hub.url}`);
    expect(wrong.message).not.toContain('hf_another');
    const right = await load(page, { model: gated, host: hub.url, device: 'wasm', token });
    expect(right.code).toBe(null);
    dropNetworkErrors(watch.pageErrors);
  });
});

test('every request is listed with its host, a redirect to another one too', async ({
  page,
  hub,
}) => {
  await openPage(page);
  await page.getByRole('link', { name: 'What left this machine' }).click();
  await expect(page.getByRole('heading', { level: 2 }).first()).toContainText('requests since');
  const table = page.getByRole('table');
  await expect(table).toContainText('/models/crossrank-tiny-en-zh/onnx/model_quantized.onnx');
  await expect(table).not.toContainText('localhost:');
  const report = await load(page, { model: 'test/bert-tiny', host: hub.url, device: 'wasm' });
  expect(report.code).toBe(null);
  const { host } = new URL(hub.url);
  const cdn = new URL(hub.cdnUrl).host;
  await page.getByRole('radio', { name: host }).check({ force: true });
  await expect(table.getByRole('row').filter({ hasText: 'model downloads' })).not.toHaveCount(0);
  await expect(table).toContainText(`${hub.url}/api/models/test/bert-tiny/`);
  await expect(table).not.toContainText('/assets/');
  await page.getByRole('radio', { name: cdn }).check({ force: true });
  await expect(table).toContainText(`${hub.cdnUrl}/test/bert-tiny/resolve/`);

  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.getByRole('radio', { name: 'All' }).check({ force: true });
  await page.getByRole('button', { name: 'Copy JSON' }).click();
  await expect(page.getByText('Copied')).toBeVisible();
  const copied = JSON.parse(await page.evaluate(() => navigator.clipboard.readText()));
  const listed = new Set<string>(copied.requests.map(({ url }: { url: string }) => url));
  const asked = hub.requests
    .filter(({ method }) => method !== 'OPTIONS')
    .map((one) => `${one.host === 'hub' ? hub.url : hub.cdnUrl}${one.path}${one.query}`);
  expect(asked.filter((url) => !listed.has(url))).toEqual([]);
  expect(await seriousFindings(page)).toEqual([]);
});

test.describe('with the service worker', () => {
  test.use({ serviceWorkers: 'allow' });

  test('on a second visit the number of requests is the one that the server counts', async ({
    page,
    watch,
  }) => {
    const host = await startStaticServer(builtFolder, { headers: headersOfHost('no-store') });
    const heading = page.getByRole('heading', { level: 2 }).first();
    const table = page.getByRole('table');
    try {
      await page.goto(`${host.url}#/diagnostics`);
      await expect(page.getByRole('button', { name: 'Remove the offline copy' })).toBeVisible();
      const before = host.asked.length;
      await page.reload();
      await page.goto(`${host.url}#/privacy`);
      await expect(heading).toHaveText('1 request since this page was opened');
      await expect(
        page.getByText(/^1 to this site, \d+ more were answered from what/),
      ).toBeVisible();
      const sent = table
        .getByRole('row')
        .filter({ has: page.getByRole('cell', { name: 'network' }) });
      await expect(sent).toHaveCount(1);
      await expect(sent).toContainText('/service-worker.js');
      await expect(sent).toContainText('offline copy');
      // The browser looks for a newer version a moment after the page was opened.
      await expect.poll(() => host.asked.slice(before)).toEqual(['service-worker.js']);

      // A part that cannot be had makes the app look for a newer version.
      await page.evaluate(() => dispatchEvent(new Event('vite:preloadError')));
      await expect(heading).toHaveText('2 requests since this page was opened');
      await expect
        .poll(() => host.asked.slice(before))
        .toEqual(['service-worker.js', 'service-worker.js']);
      // This test's server is not the one that the others have.
      watch.foreignRequests.length = 0;
    } finally {
      await host.close();
    }
  });
});

/** Ways out that a script of a page could try; each is given an address. */
const waysOut: Readonly<Record<string, (address: string) => unknown>> = {
  fetch: (address) => fetch(address, { mode: 'no-cors' }).catch(() => undefined),
  'fetch with a body': (address) =>
    fetch(address, { method: 'POST', mode: 'no-cors', body: 'text' }).catch(() => undefined),
  XMLHttpRequest: (address) => {
    const request = new XMLHttpRequest();
    request.open('GET', address);
    request.send();
  },
  beacon: (address) => navigator.sendBeacon(address, 'text'),
  WebSocket: (address) => {
    new WebSocket(address.replace('http', 'ws'));
  },
  EventSource: (address) => {
    new EventSource(address);
  },
  image: (address) => {
    new Image().src = address;
  },
  'CSS image': (address) => {
    document.body.style.setProperty('background-image', `url(${address})`);
  },
  font: (address) => {
    new FontFace('x', `url(${address})`).load().catch(() => undefined);
  },
  stylesheet: (address) => {
    const link = document.createElement('link');
    link.rel = 'stylesheet';
    link.href = address;
    document.head.append(link);
  },
  prefetch: (address) => {
    const link = document.createElement('link');
    link.rel = 'prefetch';
    link.href = address;
    document.head.append(link);
  },
  frame: (address) => {
    const frame = document.createElement('iframe');
    frame.src = address;
    document.body.append(frame);
  },
  form: (address) => {
    const form = document.createElement('form');
    form.action = address;
    form.method = 'post';
    document.body.append(form);
    form.submit();
  },
  media: (address) => {
    const video = document.createElement('video');
    video.src = address;
    document.body.append(video);
  },
  object: (address) => {
    const object = document.createElement('object');
    object.data = address;
    document.body.append(object);
  },
  'script element': (address) => {
    const script = document.createElement('script');
    script.src = address;
    document.head.append(script);
  },
  'import()': (address) => import(/* @vite-ignore */ address).catch(() => undefined),
  worker: (address) => {
    new Worker(address);
  },
  'ping of a link': (address) => {
    const link = document.createElement('a');
    link.href = '#/';
    link.ping = address;
    document.body.append(link);
    link.click();
  },
};

for (const [name, send] of Object.entries(waysOut)) {
  test(`a page that tries to send by ${name} is refused by its policy`, async ({ page, watch }) => {
    await page.goto('./');
    const sink = await openSink();
    const thrown = await page.evaluate(send, `${sink.url}/?${marker}`).then(() => '', String);
    await settle(page);
    expect(await sink.close()).toEqual([]);
    const refusals = [thrown, ...watch.pageErrors].filter((text) =>
      /Content Security Policy|no script of this app/.test(text),
    );
    expect(refusals.length).toBeGreaterThan(0);
    // Tried, and seen to be refused.
    watch.pageErrors.length = 0;
    watch.foreignRequests.length = 0;
  });
}

test('a worker that sees texts can reach nobody, and the one that fetches models sees none', async ({
  page,
  hub,
  watch,
}) => {
  await openPage(page);
  await page.goto('./#/collections');
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  expect((await load(page, { model: 'test/bert-tiny', host: hub.url, device: 'wasm' })).code).toBe(
    null,
  );
  const url = `${hub.url}/test/bert-tiny/resolve/main/config.json`;
  const own = new URL('demos/keyword-traps.json', page.url()).href;
  hub.clearRequests();
  const tryAll = (worker: Worker | undefined, address: string) =>
    worker?.evaluate(async (asked) => {
      const outcomes: string[] = [];
      outcomes.push(
        await fetch(asked).then(
          ({ status }) => String(status),
          (error: Error) => error.name,
        ),
      );
      const socket = new WebSocket(asked.replace('http', 'ws'));
      outcomes.push(
        await new Promise((resolve) => {
          socket.onopen = () => resolve('open');
          socket.onerror = () => resolve('refused');
        }),
      );
      try {
        const nested = new Worker(asked);
        outcomes.push(
          await new Promise((resolve) => {
            nested.onerror = () => resolve('refused');
          }),
        );
      } catch {
        outcomes.push('refused');
      }
      outcomes.push(
        await import(asked).then(
          () => 'imported',
          () => 'refused',
        ),
      );
      return outcomes;
    }, address);
  const ask = (asked: string) =>
    fetch(asked).then(
      ({ status }) => String(status),
      (error: Error) => error.name,
    );
  const refused = ['TypeError', 'refused', 'refused', 'refused'];
  await expect.poll(() => scoringWorkers(page).length).toBe(1);
  expect(await tryAll(scoringWorkers(page)[0], url)).toEqual(refused);
  for (const name of ['lexical', 'collections']) {
    const worker = page.workers().find((one) => one.url().includes(`/${name}.worker`));
    expect(await tryAll(worker, url), name).toEqual(refused);
    // These two ask not even their own site.
    expect(await worker?.evaluate(ask, own), name).toBe('TypeError');
  }
  expect(hub.requests).toEqual([]);
  const store = page.workers().find((one) => one.url().includes('/model-store.worker'));
  expect(await store?.evaluate(ask, url)).toBe('200');
  watch.pageErrors.length = 0;
});

test('no text becomes markup or a script', async ({ page, watch }) => {
  await openPage(page);
  const outcomes = await page.evaluate(async () => {
    // Not at once: what a debugger calls may turn texts into scripts.
    await new Promise((resolve) => setTimeout(resolve));
    const host = document.createElement('div');
    const script = document.createElement('script');
    const attempts: Readonly<Record<string, () => unknown>> = {
      innerHTML: () => {
        host.innerHTML = '<img src=x onerror="document.title = \'run\'">';
      },
      insertAdjacentHTML: () => host.insertAdjacentHTML('beforeend', '<b>x</b>'),
      'document.write': () => document.write('<b>x</b>'),
      DOMParser: () => new DOMParser().parseFromString('<b>x</b>', 'text/html'),
      'text of a script': () => {
        script.text = 'document.title = "run"';
      },
      Function: () => Reflect.construct(Function, ['document.title = "run"'])(),
      'a worker of a data: address': () => new Worker('data:text/javascript,'),
      'a worker of a blob: address': () => new Worker(URL.createObjectURL(new Blob(['']))),
    };
    return Object.entries(attempts).flatMap(([name, attempt]) => {
      try {
        attempt();
        return [name];
      } catch {
        return [];
      }
    });
  });
  expect(outcomes).toEqual([]);
  expect(await page.title()).not.toBe('run');
  watch.pageErrors.length = 0;
});

/** A server on another origin that notes whatever reaches it. */
async function openSink(): Promise<{
  readonly url: string;
  readonly close: () => Promise<string[]>;
}> {
  const reached: string[] = [];
  const server = createServer((request, response) => {
    reached.push(`${request.method} ${request.url}`);
    response.writeHead(204, { 'Access-Control-Allow-Origin': '*' }).end();
  });
  server.on('upgrade', (request, socket) => {
    reached.push(`UPGRADE ${request.url}`);
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A server that listens on a port has such an address.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      return reached;
    },
  };
}

/** A request of the page's own that is answered: those before it would have left by then. */
async function settle(page: Page): Promise<void> {
  await page.evaluate(async () => {
    for (let round = 0; round < 3; round += 1) {
      await fetch('icon.svg', { cache: 'no-store' });
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
  });
}

async function keysHolding(page: Page, word: string): Promise<readonly string[]> {
  return (await localValues(page)).filter(([, value]) => value.includes(word)).map(([key]) => key);
}
