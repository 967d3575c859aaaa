import type { Page } from '@playwright/test';
import { BlobWriter, Uint8ArrayReader, ZipWriter } from '@zip.js/zip.js';
import type { Hub } from '../scripts/hub/serve-hub.mjs';
import { beirFiles, fileOf, importAs, jsonLines, pickFiles } from './collections.ts';
import {
  capitals,
  documentsBox,
  expect,
  capitalsQuery as query,
  queryBox,
  rerank,
  rowsOf,
  stampOf,
} from './fixtures.ts';
import {
  downloadsOf,
  dropNetworkErrors,
  expectInUse,
  inUse,
  keptFiles,
  load,
  loadAndAbort,
  loadModel,
  logitsOf,
  lookUp,
  middleBytes,
  modelFolders,
  openModelsView,
  openPage,
  readModelFile,
  test,
  weightsPath,
  wideModel,
} from './hub.ts';
import {
  changeRecords,
  fillRoom,
  holdDatabase,
  limitRoom,
  openBare,
  type Refusal,
  refuse,
  slowWrites,
  tableSizes,
} from './storage-faults.ts';

const noRoom = 'There is no room left for collections';

const listOf = (page: Page) => page.getByRole('list', { name: 'Collections on this machine' });
const goalOf = (page: Page) => page.getByRole('form', { name: 'Import these files' });

/** A collection of so many texts of about a kilobyte that no browser can make much smaller. */
function manyTexts(count: number): ReturnType<typeof fileOf> {
  let state = 7;
  const word = (): string => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state.toString(36);
  };
  const texts = Array.from({ length: count }, (_, number) => ({
    _id: `d${number}`,
    text: Array.from({ length: 150 }, word).join(' '),
  }));
  return fileOf('corpus.jsonl', jsonLines(texts));
}

/** Types a text of one's own, and looks later whether it is still there. */
async function typeOwn(page: Page): Promise<void> {
  // What is typed while the page starts would meet the first trap.
  await openPage(page);
  await rerank(page, query, capitals);
  await expect(stampOf(page)).toContainText('3 pairs');
}

async function expectOwn(page: Page): Promise<void> {
  await page.goto('./#/');
  await expect(queryBox(page)).toHaveValue(query);
  await expect(documentsBox(page)).toHaveValue(capitals.join('\n'));
  await page.getByRole('button', { name: 'Rerank' }).click();
  await expect(stampOf(page)).toContainText(/3 pairs|3 of 3 remembered/);
  await expect(rowsOf(page).first()).toContainText('Paris');
}

test.describe('a disk that is full', () => {
  test('stops an import, leaves what was there, and a later try works', async ({
    page,
    context,
    baseURL,
  }) => {
    const { origin } = new URL(baseURL ?? '');
    // Before anything is kept: Chromium looks at how much room there is every half minute only.
    await limitRoom(page, origin, 3_000_000);
    await typeOwn(page);
    await importAs(page, 'Before', beirFiles());
    const bare = await openBare(context);
    const before = await tableSizes(bare);

    await page.goto('./#/collections');
    await pickFiles(page, [manyTexts(9000)]);
    await goalOf(page).getByRole('textbox', { name: 'Name' }).fill('Large');
    await goalOf(page).getByRole('button', { name: 'Import', exact: true }).click();
    const alert = page.getByRole('alert').filter({ hasText: noRoom });
    await expect(alert).toBeVisible();
    await expect(alert).toContainText('Delete collections, remembered scores or models');
    // What was chosen is still chosen, and nothing of it is in the list or behind it.
    await expect(goalOf(page).getByRole('textbox', { name: 'Name' })).toHaveValue('Large');
    await expect(listOf(page).getByRole('listitem')).toHaveCount(1);
    await expect.poll(() => tableSizes(bare)).toEqual(before);

    // What was there is all there.
    await page.getByRole('link', { name: 'Before' }).click();
    await page.getByRole('link', { name: 'Queries', exact: true }).click();
    await expect(page.getByText('when is a student loan paid back')).toBeVisible();
    await page.getByRole('link', { name: '← All collections' }).click();

    // Deleting is how room is made: it works without any.
    await page.getByRole('button', { name: 'Delete Before', exact: true }).click();
    await expect(page.getByText('Before was deleted.', { exact: true })).toBeVisible();
    await page.getByRole('button', { name: 'Bring back Before' }).click();
    await expect(listOf(page).getByRole('listitem')).toHaveCount(1);
    await expect(page.getByRole('alert')).toHaveCount(1);

    await limitRoom(page, origin, null);
    await expect(async () => {
      await goalOf(page).getByRole('button', { name: 'Import', exact: true }).click();
      await expect(page.getByRole('button', { name: 'Open the collection' })).toBeVisible({
        timeout: 10_000,
      });
    }).toPass({ timeout: 90_000 });
    await expect(page.getByRole('alert')).toHaveCount(0);
    await page.getByRole('button', { name: 'Open the collection' }).click();
    await expect(page.getByText('9,000 documents')).toBeVisible();
    await expectOwn(page);
  });

  test('to the last byte stops a run that keeps scores, and deleting still makes room', async ({
    page,
    context,
    baseURL,
  }) => {
    const { origin } = new URL(baseURL ?? '');
    await limitRoom(page, origin, 3_000_000);
    await typeOwn(page);
    await importAs(page, 'Other', beirFiles());
    await importAs(page, 'Measured', beirFiles());
    const bare = await openBare(context);
    expect(await fillRoom(bare)).toBeGreaterThan(500_000);
    await page.bringToFront();
    await page.getByRole('button', { name: 'Rerank', exact: true }).click();
    const alert = page.getByRole('alert').filter({ hasText: noRoom });
    await expect(alert).toContainText('The run stopped: what it scored last could not be kept.');
    await expect(alert.getByRole('button', { name: 'Go on' })).toBeVisible();
    // What was measured before is still measured, and can be saved.
    await page.getByRole('link', { name: 'Evaluation', exact: true }).click();
    await expect(page.getByText('2 queries count')).toBeVisible();

    // Deleting needs a note, and there is no room for one.
    await page.getByRole('link', { name: '← All collections' }).click();
    await page.getByRole('button', { name: 'Delete Other', exact: true }).click();
    await expect(listOf(page).getByRole('listitem')).toHaveCount(1);
    await page.getByRole('button', { name: 'Bring back Other' }).click();
    await expect(listOf(page).getByRole('listitem')).toHaveCount(2);
    await page.getByRole('button', { name: 'Delete Other', exact: true }).click();
    await expect(listOf(page).getByRole('listitem')).toHaveCount(1);
    await expect(page.getByRole('alert')).toHaveCount(0);

    await limitRoom(page, origin, null);
    await page.getByRole('link', { name: 'Measured' }).click();
    await expect(async () => {
      await page.getByRole('button', { name: 'Rerank', exact: true }).click();
      await expect(page.getByText(/^Done: 2 queries/)).toBeVisible({ timeout: 10_000 });
    }).toPass({ timeout: 90_000 });
    await page.goto('./#/collections');
    await page.reload();
    // What was deleted stays deleted.
    await expect(listOf(page).getByRole('listitem')).toHaveCount(1);
    await expectOwn(page);
  });

  test('for a model from a hub is said in the page, and the rest is fetched when there is room', async ({
    page,
    hub,
    baseURL,
  }) => {
    const { origin } = new URL(baseURL ?? '');
    await typeOwn(page);
    await limitRoom(page, origin, 5_000_000);
    await openModelsView(page);
    await lookUp(page, hub.url, wideModel);
    await page.getByRole('button', { name: /^Download .+ and load: .*bert-wide$/ }).click();
    const alert = page.getByRole('alert');
    await expect(alert).toContainText('no room left');
    await expect(alert).toContainText('Delete models');
    await expectInUse(page, 'crossrank-tiny-en-zh');
    const kept = page.getByRole('region', { name: 'On this machine' });
    await expect(kept.getByRole('button', { name: /^Resume .*bert-wide/ })).toBeVisible();
    await expectOwn(page);

    await limitRoom(page, origin, null);
    hub.clearRequests();
    await openModelsView(page);
    await kept.getByRole('button', { name: /^Resume .*bert-wide/ }).click();
    await expectInUse(page, 'bert-wide');
    expect(downloadsOf(hub, weightsPath).map(({ status }) => status)).toEqual([206]);
    await expect(page.getByRole('alert')).toHaveCount(0);
  });

  for (const way of ['folder', 'zip'] as const) {
    test(`refuses a model from disk, as a ${way}, and keeps nothing of it`, async ({
      page,
      baseURL,
    }) => {
      const { origin } = new URL(baseURL ?? '');
      await typeOwn(page);
      await limitRoom(page, origin, 5_000_000);
      await openModelsView(page);
      const zip = way === 'zip' ? await zipOfWideModel() : null;
      const choose = (): Promise<void> =>
        zip === null
          ? page.getByLabel('Choose folder').setInputFiles(modelFolders()[wideModel] ?? '')
          : page.getByLabel('Choose zip').setInputFiles(zip);
      await choose();
      const alert = page.getByRole('alert');
      await expect(alert).toContainText('was not taken');
      await expect(alert).toContainText('no room left');
      await expectInUse(page, 'crossrank-tiny-en-zh');
      expect((await keptFiles(page)).filter(({ bytes }) => bytes > 0)).toEqual([]);
      expect(await page.evaluate(() => window.crossrank.models())).toEqual([]);
      await expectOwn(page);

      await limitRoom(page, origin, null);
      await openModelsView(page);
      await choose();
      await expect(inUse(page)).not.toContainText('crossrank-tiny-en-zh');
      await expect(page.getByRole('alert')).toHaveCount(0);
    });
  }

  test('for settings: localStorage at its limit leaves the page, its text and its looks', async ({
    page,
  }) => {
    await typeOwn(page);
    const filled = await page.evaluate(() => {
      let written = 0;
      for (const [storage, name] of [
        [localStorage, 'local'],
        [sessionStorage, 'session'],
      ] as const) {
        for (let size = 1_000_000; size >= 1; size = Math.floor(size / 10)) {
          try {
            for (;;) {
              storage.setItem(`filler-${name}-${written}`, 'x'.repeat(size));
              written += size;
            }
          } catch {
            // No room for a piece of this size.
          }
        }
      }
      return written;
    });
    expect(filled).toBeGreaterThan(9_000_000);
    await page.getByRole('combobox', { name: 'Theme' }).selectOption('dark');
    await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
    await page.getByRole('combobox', { name: 'Language' }).selectOption('zh');
    await expect(page.locator('html')).toHaveAttribute('lang', /zh/);
    await page.getByRole('combobox', { name: '语言' }).selectOption('en');
    await queryBox(page).fill('which city is the capital of Germany?');
    await page.getByRole('button', { name: 'Rerank' }).click();
    await expect(rowsOf(page).first()).toContainText('Berlin');
    await page.reload();
    await expect(queryBox(page)).toHaveValue('which city is the capital of Germany?');
    await expect(documentsBox(page)).toHaveValue(capitals.join('\n'));
  });
});

test.describe('storage that is refused', () => {
  const cases: readonly (readonly [what: string, refusals: readonly Refusal[]])[] = [
    ['IndexedDB', ['idb-throws']],
    ['IndexedDB, even to be looked at', ['idb-getter']],
    ['the private file system', ['opfs']],
    ['localStorage and sessionStorage', ['web-storage']],
    ['all of it', ['idb-getter', 'storage', 'caches', 'locks', 'web-storage']],
  ];
  for (const [what, refusals] of cases) {
    test(`${what}: own texts are ranked, collections and models work for this visit`, async ({
      page,
    }) => {
      await refuse(page, refusals);
      await typeOwn(page);
      await expect(rowsOf(page).first()).toContainText('Paris');

      // Not by goto: what is in memory ends with the page.
      await page.getByRole('link', { name: 'Collections' }).click();
      await pickFiles(page, beirFiles());
      await goalOf(page).getByRole('textbox', { name: 'Name' }).fill('Visit');
      await goalOf(page).getByRole('button', { name: 'Import', exact: true }).click();
      await page.getByRole('button', { name: 'Open the collection' }).click();
      await page.getByRole('button', { name: 'Rerank', exact: true }).click();
      await expect(page.getByText(/^Done: 2 queries/)).toBeVisible();
      await page.getByRole('link', { name: '← All collections' }).click();
      const inMemory = refusals.some((refusal) => refusal.startsWith('idb'));
      await expect(page.getByText('This browser lets the page keep nothing')).toHaveCount(
        inMemory ? 1 : 0,
      );

      await openModelsView(page);
      await page.getByLabel('Choose folder').setInputFiles(modelFolders()['test/bert-tiny'] ?? '');
      await expectInUse(page, 'bert-tiny');
      const keepsNone = refusals.includes('opfs') || refusals.includes('storage');
      await expect(
        page.getByRole('region', { name: 'On this machine' }).getByText('in memory only'),
      ).toHaveCount(keepsNone ? 1 : 0);

      await page.getByRole('link', { name: 'Rerank', exact: true }).click();
      await expect(queryBox(page)).toHaveValue(query);
      await expect(documentsBox(page)).toHaveValue(capitals.join('\n'));
      await page.getByRole('button', { name: 'Rerank' }).click();
      await expect(stampOf(page)).toContainText('bert-tiny');
    });
  }
});

test.describe('a download', () => {
  test('that meets another file where it goes on is refused as a whole, and never mixed', async ({
    page,
    hub,
  }) => {
    await openPage(page);
    const described = await fetch(`${hub.url}/api/models/${wideModel}`);
    const { sha: revision } = await described.json();
    await abortInTheMiddle(page, hub, revision);
    // The same address and commit, which the real hub never does: a mirror or a proxy may.
    hub.faults.add({ match: weightsPath, kind: 'changed' });
    const refused = await load(page, { ...wide(hub), revision });
    expect(refused.code).toBe('model-corrupt');
    expect(refused.message).toContain('model.onnx is no ONNX model. Delete it and get it again');
    // Whole and as the host says it should be, so it is here until it is deleted.
    await page.evaluate(() => window.crossrank.removeAllModels());
    hub.faults.clear();
    expect(await loadModel(page, { ...wide(hub), revision })).toMatchObject({ model: wideModel });
    expect(await logitsOf(page, [[query, 'Paris']])).toEqual([expect.any(Number)]);
  });

  test('that is answered with a web page when it is taken up again keeps what it had', async ({
    page,
    hub,
  }) => {
    await openPage(page);
    await abortInTheMiddle(page, hub);
    hub.faults.add({ match: weightsPath, kind: 'html' });
    const refused = await load(page, wide(hub));
    expect(refused.code).toBe('model-corrupt');
    expect(refused.message).toContain('a web page instead of the file');
    hub.faults.clear();
    hub.clearRequests();
    expect(await loadModel(page, wide(hub))).toMatchObject({ model: wideModel });
    expect(downloadsOf(hub, weightsPath).map(({ status }) => status)).toEqual([206]);
  });

  test('whose server fails is tried again, refused with its reason, and works when it answers', async ({
    page,
    hub,
    watch,
  }) => {
    await openPage(page);
    hub.faults.add({ match: weightsPath, kind: 'status', status: 503 });
    const refused = await load(page, wide(hub));
    expect(refused.code).toBe('download-failed');
    expect(refused.message).toContain(`${new URL(hub.url).host} answered HTTP 503`);
    expect(await logitsOf(page, [[query, 'Paris']])).toEqual([expect.any(Number)]);
    hub.faults.clear();
    hub.faults.add({ match: weightsPath, kind: 'status', status: 503, times: 1 });
    expect(await loadModel(page, wide(hub))).toMatchObject({ model: wideModel });
    dropNetworkErrors(watch.pageErrors);
  });

  test('that is sent to a host that is down says which one, and works when it is back', async ({
    page,
    hub,
    watch,
  }) => {
    await openPage(page);
    const down = 'http://127.0.0.1:9/gone';
    hub.faults.add({
      match: weightsPath,
      kind: 'status',
      status: 302,
      headers: { Location: down, 'Access-Control-Allow-Origin': '*' },
    });
    const refused = await load(page, wide(hub));
    expect(refused.code).toBe('download-failed');
    expect(refused.message).toContain(weightsPath);
    expect(await logitsOf(page, [[query, 'Paris']])).toEqual([expect.any(Number)]);
    hub.faults.clear();
    expect(await loadModel(page, wide(hub))).toMatchObject({ model: wideModel });
    dropNetworkErrors(watch.pageErrors);
    watch.foreignRequests.splice(
      0,
      watch.foreignRequests.length,
      ...watch.foreignRequests.filter((url) => url !== down),
    );
  });
});

test.describe('the database of the collections', () => {
  for (const [change, says] of [
    ['damage', 'Its record is damaged'],
    ['later-version', 'Written by a later version of this page'],
  ] as const) {
    test(`with a record of ${change} lists it as what it is, beside the others`, async ({
      page,
      context,
    }) => {
      await importAs(page, 'Spoilt', beirFiles());
      const bare = await openBare(context);
      expect(await changeRecords(bare, 'collections', change)).toBe(1);
      const before = await tableSizes(bare);
      await page.reload();
      await expect(page.getByRole('alert')).toContainText('This collection cannot be shown.');
      await importAs(page, 'Sound', beirFiles());
      await page.goto('./#/collections');
      await page.reload();
      const row = listOf(page).getByRole('listitem', { name: 'Spoilt' });
      await expect(row).toContainText(says);
      await expect(row.getByRole('link')).toHaveCount(0);
      // Nothing of it was swept away, and it goes when the user says so.
      expect((await tableSizes(bare)).partSets).toBe((before.partSets ?? 0) + 1);
      await page.getByRole('button', { name: 'Delete Spoilt', exact: true }).click();
      await expect(listOf(page).getByRole('listitem')).toHaveCount(1);
      await page.getByRole('link', { name: 'Sound' }).click();
      await expect(page.getByText('2 queries count')).toBeVisible();
    });
  }

  test('with damaged texts says so of that collection, and the others open', async ({
    page,
    context,
  }) => {
    await importAs(page, 'Spoilt', beirFiles());
    const bare = await openBare(context);
    expect(await changeRecords(bare, 'parts', 'damage')).toBeGreaterThan(0);
    await page.reload();
    await expect(page.getByRole('alert')).toContainText('missing or damaged');
    await importAs(page, 'Sound', beirFiles());
    await expect(page.getByText('2 queries count')).toBeVisible();
    await page.goto('./#/collections');
    await page.getByRole('button', { name: 'Delete Spoilt', exact: true }).click();
    await expect(listOf(page).getByRole('listitem')).toHaveCount(1);
  });

  test('of a later version is not touched, and the view says what to do', async ({
    page,
    context,
  }) => {
    const bare = await openBare(context);
    await bare.evaluate(async () => {
      const opening = indexedDB.open('crossrank-collections', 9);
      await new Promise((resolve) => {
        opening.onsuccess = resolve;
      });
      opening.result.close();
    });
    await typeOwn(page);
    await page.goto('./#/collections');
    const alert = page.getByRole('alert');
    await expect(alert).toContainText('A later version of this page has kept collections here');
    await expect(alert.getByRole('button', { name: 'Reload' })).toBeVisible();
    const version = await bare.evaluate(async () => {
      const databases = await indexedDB.databases();
      return databases.find(({ name }) => name === 'crossrank-collections')?.version;
    });
    expect(version).toBe(9);
    await expectOwn(page);
  });

  test('that an old tab holds keeps nobody waiting, and opens when that tab is gone', async ({
    page,
    context,
  }) => {
    await importAs(page, 'Kept', beirFiles());
    await page.goto('about:blank');
    const old = await holdDatabase(context, 'crossrank-collections');
    // A later version wants to come and has to wait; every opening behind it waits, too.
    await old.evaluate(() => {
      indexedDB.open('crossrank-collections', 2);
    });
    await typeOwn(page);
    await page.goto('./#/collections');
    await expect(page.getByRole('alert')).toContainText('another tab of this page may hold them');
    await old.close();
    await page.getByRole('button', { name: 'Reload' }).click();
    await expect(listOf(page).getByRole('listitem', { name: 'Kept' })).toBeVisible();
    await expect(page.getByRole('alert')).toHaveCount(0);
    await expectOwn(page);
  });

  test('deleted under the open tab is told, and new collections can be made', async ({
    page,
    context,
  }) => {
    await typeOwn(page);
    await importAs(page, 'Gone', beirFiles());
    const bare = await openBare(context);
    await bare.evaluate(async () => {
      const deletion = indexedDB.deleteDatabase('crossrank-collections');
      await new Promise((resolve) => {
        deletion.onsuccess = resolve;
      });
    });
    await page.getByRole('button', { name: 'Rerank', exact: true }).click();
    await expect(page.getByRole('alert').first()).toContainText('no longer on this machine');
    await page.getByRole('link', { name: '← All collections' }).click();
    await expect(page.getByRole('heading', { name: 'Nothing here yet' })).toBeVisible();
    await importAs(page, 'New', beirFiles());
    await page.goto('./#/collections');
    await expect(listOf(page).getByRole('listitem')).toHaveCount(1);
    await expectOwn(page);
  });

  test('whose connection the browser closes is opened again', async ({
    page,
    context,
    baseURL,
  }) => {
    const { origin } = new URL(baseURL ?? '');
    await typeOwn(page);
    await importAs(page, 'Gone', beirFiles());
    const devtools = await context.newCDPSession(page);
    // As when the user clears the data of a site: connections are closed by force.
    await devtools.send('Storage.clearDataForOrigin', { origin, storageTypes: 'indexeddb' });
    await page.getByRole('link', { name: '← All collections' }).click();
    await expect(page.getByRole('heading', { name: 'Nothing here yet' })).toBeVisible();
    await importAs(page, 'New', beirFiles());
    await expect(page.getByText('2 queries count')).toBeVisible();
    await page.goto('./#/collections');
    await expect(listOf(page).getByRole('listitem')).toHaveCount(1);
    await expectOwn(page);
  });
});

test('a tab that is closed in the midst of an import leaves it whole or not at all', async ({
  page,
  context,
}) => {
  test.setTimeout(300_000);
  await importAs(page, 'Before', beirFiles());
  const bare = await openBare(context);
  const one = await tableSizes(bare);
  await page.close();
  const large = manyTexts(12_000);
  let whole = 0;
  for (let round = 0; round < 8; round += 1) {
    const tab = await context.newPage();
    await slowWrites(tab);
    await tab.goto('./#/collections');
    await pickFiles(tab, [large]);
    await goalOf(tab).getByRole('textbox', { name: 'Name' }).fill(`Round ${round}`);
    await goalOf(tab).getByRole('button', { name: 'Import', exact: true }).click();
    // Writing has begun when a set is there; the rounds end ever later in it.
    await expect
      .poll(async () => (await tableSizes(bare)).partSets, { intervals: [5] })
      .toBeGreaterThan(1 + whole);
    const writtenParts = ((await tableSizes(bare)).parts ?? 0) + round * 4;
    await expect
      .poll(
        async () => {
          const { parts, collections } = await tableSizes(bare);
          return (parts ?? 0) >= writtenParts || (collections ?? 0) > 1 + whole;
        },
        { intervals: [5] },
      )
      .toBe(true);
    await tab.close();

    const next = await context.newPage();
    await next.goto('./#/collections');
    await expect(listOf(next).getByRole('listitem', { name: 'Before' })).toBeVisible();
    const listed = await listOf(next).getByRole('listitem').count();
    expect([whole + 1, whole + 2], 'it is listed, or it is not').toContain(listed);
    if (listed === whole + 2) {
      whole += 1;
      await next.getByRole('link', { name: `Round ${round}` }).click();
      await expect(next.getByText('12,000 documents')).toBeVisible();
    }
    // As many sets as collections: of a half one nothing is left.
    await expect.poll(async () => (await tableSizes(bare)).partSets).toBe(1 + whole);
    if (whole === 0) expect(await tableSizes(bare)).toEqual(one);
    await next.close();
  }
  // Else nothing was closed in the midst of anything.
  expect(whole).toBeLessThan(6);
});

/** The wide model, on WASM. */
function wide({ url }: Hub) {
  return { model: wideModel, host: url, device: 'wasm' } as const;
}

/** Leaves a part of the wide model's weights, and a hub without faults and requests. */
async function abortInTheMiddle(page: Page, hub: Hub, revision = 'main'): Promise<void> {
  hub.faults.add({ match: weightsPath, kind: 'stall', afterBytes: middleBytes });
  const options = { ...wide(hub), revision };
  const { code } = await loadAndAbort(page, options, middleBytes - 500_000);
  expect(code).toBe('aborted');
  hub.faults.clear();
  hub.clearRequests();
}

/** The wide model as a file picker gives it: one zip. */
async function zipOfWideModel() {
  const writer = new ZipWriter(new BlobWriter('application/zip'), { level: 0 });
  for (const file of ['config.json', 'tokenizer.json', 'tokenizer_config.json', weightsPath]) {
    const reader = new Uint8ArrayReader(new Uint8Array(readModelFile(wideModel, file)));
    await writer.add(`wide/${file}`, reader);
  }
  const bytes = await (await writer.close()).arrayBuffer();
  return { name: 'wide.zip', mimeType: 'application/zip', buffer: Buffer.from(bytes) };
}
