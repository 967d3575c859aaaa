import { readFile } from 'node:fs/promises';
import type { BrowserContext, Page } from '@playwright/test';
import {
  capitals,
  documentsBox,
  expect,
  passages,
  capitalsQuery as query,
  queryBox,
  rerank,
  rowsOf,
  stampOf,
  test,
} from './fixtures.ts';
import { becomeNextRelease, holdDatabase, limitRoom, openBare, refuse } from './storage-faults.ts';

// What is looked at here is what the page itself keeps.
test.use({ serviceWorkers: 'block' });

const heldByOldTab = 'A tab with an earlier version of Crossrank holds';
const leftOf900 = /^The page was left during this run: \d+ of 900 documents are scored/;
const offerOf = (page: Page) => page.getByRole('region', { name: 'Your last work' });
const asideOf = (page: Page) => page.getByRole('region', { name: 'Set aside' });

/** What is kept in the database, read without the page's own code. */
interface Kept {
  readonly heads: Readonly<
    Record<string, { query: string; documents: number; rankedAt: number | null }>
  >;
  readonly texts: Readonly<Record<string, { documentsText: string }>>;
  /** Of the tabs whose result is complete. */
  readonly finished: readonly string[];
  readonly asides: number;
}

async function readKept(page: Page): Promise<Kept> {
  return await page.evaluate(async () => {
    const opening = indexedDB.open('crossrank-work');
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      opening.onsuccess = () => resolve(opening.result);
      opening.onerror = () => reject(opening.error);
    });
    const all = async (name: string): Promise<[string, unknown][]> => {
      const store = database.transaction(name).objectStore(name);
      const of = (asked: IDBRequest): Promise<unknown[]> =>
        new Promise((resolve) => {
          asked.onsuccess = () => resolve(asked.result);
        });
      const [keys, values] = await Promise.all([of(store.getAllKeys()), of(store.getAll())]);
      return keys.map((key, at): [string, unknown] => [String(key), values[at]]);
    };
    const [heads, texts, asides] = [await all('heads'), await all('texts'), await all('aside')];
    const scores = (await all('scores')) as [string, { model: unknown; bm25Scores: unknown }][];
    database.close();
    return {
      heads: Object.fromEntries(heads) as Kept['heads'],
      texts: Object.fromEntries(texts) as Kept['texts'],
      finished: scores.filter(([, { model, bm25Scores }]) => model && bm25Scores).map(([id]) => id),
      asides: asides.length,
    };
  });
}

/** Puts a value into a store under the tab's own name. */
async function putOwn(page: Page, store: string, value: unknown): Promise<void> {
  await page.evaluate(
    async ([name, put]) => {
      const opening = indexedDB.open('crossrank-work');
      await new Promise((resolve) => {
        opening.onsuccess = resolve;
      });
      const transaction = opening.result.transaction(name, 'readwrite');
      transaction.objectStore(name).put(put, sessionStorage.getItem('crossrank.tab') ?? '');
      await new Promise((resolve) => {
        transaction.oncomplete = resolve;
      });
      opening.result.close();
    },
    [store, value] as const,
  );
}

/** Waits until the database holds what a tab has. */
async function waitUntilKept(page: Page, expected: Record<string, unknown>): Promise<void> {
  await expect
    .poll(async () => {
      const id = await page.evaluate(() => sessionStorage.getItem('crossrank.tab') ?? '');
      return (await readKept(page)).heads[id];
    })
    .toMatchObject(expected);
}

async function openWithResult(page: Page): Promise<void> {
  await page.goto('./');
  await expect(stampOf(page)).toBeVisible();
  await rerank(page, query, capitals);
  await expect(stampOf(page)).toContainText('3 pairs');
  await waitUntilKept(page, { query, documents: 3 });
  const id = await page.evaluate(() => sessionStorage.getItem('crossrank.tab') ?? '');
  await expect.poll(async () => (await readKept(page)).finished).toContain(id);
}

/** Loads the page anew as one of the next release, kept waiting by an old tab; gives that tab. */
async function reloadBehindOldTab(page: Page, context: BrowserContext): Promise<Page> {
  const old = await holdDatabase(context, 'crossrank-work');
  await becomeNextRelease(page, 'crossrank-work');
  await page.reload();
  await expect(page.getByText(heldByOldTab)).toBeVisible();
  return old;
}

test('a reload brings back text, result and view without scoring anything', async ({ page }) => {
  await openWithResult(page);
  await page.getByRole('radio', { name: 'Side by side' }).check();
  await page.getByRole('checkbox', { name: 'Logits' }).check();
  const stamp = await stampOf(page).textContent();
  await waitUntilKept(page, { query, documents: 3 });
  await page.waitForTimeout(600);

  const asked: string[] = [];
  page.context().on('request', (request) => asked.push(request.url()));
  await page.route(/models\/|reranker\.worker|lexical\.worker/, (route) => route.abort());
  await page.reload();
  await expect(stampOf(page)).toHaveText(stamp ?? '');
  await expect(queryBox(page)).toHaveValue(query);
  await expect(documentsBox(page)).toHaveValue(capitals.join('\n'));
  const order = page.getByRole('list', { name: 'Cross-encoder order' }).getByRole('listitem');
  await expect(order.first()).toContainText('Paris is the capital of France.');
  await expect(page.getByRole('checkbox', { name: 'Logits' })).toBeChecked();
  expect(asked.filter((url) => /models\/|reranker\.worker|lexical\.worker/.test(url))).toEqual([]);

  // Ranking again works as ever.
  await page.unroute(/models\/|reranker\.worker|lexical\.worker/);
  await page.getByRole('button', { name: 'Rerank' }).click();
  await expect(stampOf(page)).not.toHaveText(stamp ?? '');
  await expect(stampOf(page)).toContainText('3 pairs');
});

test('after a crash in mid-run a new tab offers the work, with the scores that were there', async ({
  page,
  context,
}) => {
  await page.goto('./');
  await expect(stampOf(page)).toBeVisible();
  const many = passages(900);
  await rerank(page, 'loan office', many);
  await expect(page.locator('.run-numbers').first()).toContainText(/[1-9]\d* of 900 scored/);
  await waitUntilKept(page, { query: 'loan office', rankedAt: expect.any(Number) });
  const devtools = await context.newCDPSession(page);
  const crashed = page.waitForEvent('crash');
  devtools.send('Page.crash').catch(() => undefined);
  await crashed;

  const next = await context.newPage();
  await next.goto('./');
  await expect(offerOf(next)).toContainText('“loan office”900 documents · ranked today');
  await next.getByRole('button', { name: 'Bring it back' }).click();
  await expect(offerOf(next)).toHaveCount(0);
  await expect(queryBox(next)).toHaveValue('loan office');
  await expect(documentsBox(next)).toHaveValue(many.join('\n'));
  await expect(next.getByText(leftOf900)).toBeVisible();
  await expect(queryBox(next)).toBeFocused();
  await expect(next.getByText('Ranked for loan office')).toBeVisible();
});

test('a run that a reload cuts off is not called cancelled, and the rest can be scored', async ({
  page,
}) => {
  await page.goto('./');
  await expect(stampOf(page)).toBeVisible();
  await rerank(page, 'loan office', passages(900));
  await expect(page.locator('.run-numbers').first()).toContainText(/[1-9]\d* of 900 scored/);
  await page.reload();
  await expect(page.getByText(leftOf900)).toBeVisible();
  await expect(page.getByText(/cancelled/i)).toHaveCount(0);
  await page.getByRole('button', { name: 'Score the rest' }).click();
  await expect(page.getByText(leftOf900)).toHaveCount(0);
  await expect(page.locator('.run-numbers').first()).toContainText(/[1-9]\d* of 900 scored/);
  await expect(page.getByRole('button', { name: 'Rerank' })).toBeFocused();
  await page.getByRole('button', { name: 'Cancel' }).click();
});

test('a result that was kept before BM25 had answered gets its order after the reload', async ({
  page,
}) => {
  // A worker that says nothing stands for one that is slow.
  await page.route('**/lexical.worker*', (route) =>
    route.fulfill({ contentType: 'text/javascript', body: '/* nothing is said */' }),
  );
  await page.goto('./');
  await expect(stampOf(page)).toBeVisible();
  await rerank(page, query, capitals);
  await expect(stampOf(page)).toContainText('3 pairs');
  await waitUntilKept(page, { query, documents: 3, rankedAt: expect.any(Number) });
  const order = page.getByRole('radio', { name: 'BM25' });
  await expect(order).toBeDisabled();
  await page.unroute('**/lexical.worker*');
  await page.reload();
  await expect(stampOf(page)).toContainText('3 pairs');
  await expect(order).toBeEnabled();
});

test('what one tab forgets, every other tab forgets with it', async ({ page, context }) => {
  await openWithResult(page);
  const secret = 'what nobody else should read';
  const other = await context.newPage();
  await other.goto('./');
  await expect(stampOf(other)).toBeVisible();
  await queryBox(other).fill(secret);
  await waitUntilKept(other, { query: secret });
  await page.evaluate(() =>
    localStorage.setItem('crossrank.offline', '{"version":1,"keep":false}'),
  );
  // One that nobody could tell: it was asleep, and its text waits in its own storage.
  const asleep = await context.newPage();
  await asleep.route('**/favicon.ico', (route) => route.fulfill({ status: 204 }));
  await asleep.goto('./');
  await queryBox(asleep).fill(secret);
  await waitUntilKept(asleep, { query: secret });
  await asleep.goto('./demos/keyword-traps.json');

  await page.goto('./#/diagnostics');
  const loaded = other.waitForEvent('load');
  await page.getByRole('button', { name: 'Forget everything typed here' }).click();
  await page.getByRole('button', { name: 'Forget everything typed here' }).click();
  await loaded;
  await expect(stampOf(other)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Forget everything typed here' })).toBeVisible();
  await page.getByRole('link', { name: 'Rerank' }).click();
  await expect(stampOf(page)).toBeVisible();
  await asleep.goto('./');
  for (const tab of [page, other, asleep]) {
    await expect(stampOf(tab)).toBeVisible();
    expect(await queryBox(tab).inputValue()).not.toBe(secret);
    const kept = await tab.evaluate(() => JSON.stringify(Object.entries(sessionStorage)));
    expect(kept).not.toContain(secret);
  }
  const { heads } = await readKept(page);
  expect(Object.values(heads).map((head) => head.query)).not.toContain(secret);
  expect(await page.evaluate(() => localStorage.getItem('crossrank.offline'))).not.toBeNull();
  await Promise.all([other.close(), asleep.close()]);
  const next = await context.newPage();
  await next.goto('./');
  await expect(stampOf(next)).toBeVisible();
  await next.waitForTimeout(500);
  await expect(offerOf(next)).toHaveCount(0);
});

test('an offer moves nothing on the page, and leaves focus on it', async ({ page, context }) => {
  await openWithResult(page);
  await page.close();
  const next = await context.newPage();
  await next.setViewportSize({ width: 360, height: 740 });
  await next.goto('./');
  await expect(offerOf(next)).toBeVisible();
  await expect(offerOf(next).getByRole('status')).toContainText(query);
  const top = await next.locator('main').evaluate((main) => main.getBoundingClientRect().top);
  await next.getByRole('button', { name: 'Not now' }).press('Enter');
  await expect(offerOf(next)).toHaveCount(0);
  await expect(next.locator('main')).toBeFocused();
  expect(await next.locator('main').evaluate((main) => main.getBoundingClientRect().top)).toBe(top);
});

test('a token that is given or forgotten leaves focus in its place', async ({ page }) => {
  await page.goto('./#/models');
  const add = page.getByRole('button', { name: 'Access token…' });
  await add.press('Enter');
  const box = page.getByLabel(/^Access token for/);
  await expect(box).toBeFocused();
  await box.fill('hf_abcdefgh');
  await box.press('Enter');
  await expect(page.getByRole('button', { name: 'Forget token' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(add).toBeFocused();
});

test('work of a closed tab is offered once, can be declined, and is forgotten for good', async ({
  page,
  context,
}) => {
  await openWithResult(page);
  await page.close();
  const second = await context.newPage();
  await second.goto('./');
  await expect(offerOf(second)).toContainText('3 documents');
  await second.getByRole('button', { name: 'Not now' }).click();
  await expect(offerOf(second)).toHaveCount(0);
  const third = await context.newPage();
  await third.goto('./');
  await third.getByRole('button', { name: 'Bring it back' }).click();
  await expect(queryBox(third)).toHaveValue(query);
  await expect(stampOf(third)).toContainText('3 pairs');
  // The tab that brought it back keeps it; a reload shows that.
  await waitUntilKept(third, { query, documents: 3 });
  await third.reload();
  await expect(stampOf(third)).toContainText('3 pairs');

  const fourth = await context.newPage();
  await fourth.goto('./');
  await expect(stampOf(fourth)).toBeVisible();
  await fourth.waitForTimeout(500);
  await expect(offerOf(fourth)).toHaveCount(0);
  await third.close();
  const fifth = await context.newPage();
  await fifth.goto('./');
  await fifth.getByRole('button', { name: 'Delete your last work' }).click();
  await fifth.getByRole('button', { name: 'Keep' }).click();
  await expect(offerOf(fifth)).toBeVisible();
  await fifth.getByRole('button', { name: 'Delete your last work' }).press('Enter');
  await fifth.getByRole('button', { name: 'Delete your last work' }).press('Enter');
  await expect(fifth.locator('main')).toBeFocused();
  await expect(offerOf(fifth)).toHaveCount(0);
  const sixth = await context.newPage();
  await sixth.goto('./');
  await expect(stampOf(sixth)).toBeVisible();
  await sixth.waitForTimeout(500);
  await expect(offerOf(sixth)).toHaveCount(0);
});

test('a copy of a tab takes the work along and goes its own way', async ({ page, context }) => {
  await openWithResult(page);
  const opened = context.waitForEvent('page');
  await page.evaluate(() => {
    window.open(location.href);
  });
  const copy = await opened;
  await expect(queryBox(copy)).toHaveValue(query);
  await expect(stampOf(copy)).toContainText('3 pairs');
  const nameOf = (one: Page) => one.evaluate(() => sessionStorage.getItem('crossrank.tab'));
  await expect.poll(() => nameOf(copy)).not.toBe(await nameOf(page));
  await queryBox(copy).fill('the copy');
  await queryBox(page).fill('the original');
  await waitUntilKept(copy, { query: 'the copy', documents: 3 });
  await waitUntilKept(page, { query: 'the original', documents: 3 });
  await Promise.all([copy.reload(), page.reload()]);
  await expect(queryBox(copy)).toHaveValue('the copy');
  await expect(queryBox(page)).toHaveValue('the original');
  await expect(rowsOf(copy)).toHaveCount(3);
  await expect(rowsOf(page)).toHaveCount(3);
});

test('two tabs that write at the same time both keep what they have', async ({ page, context }) => {
  await page.goto('./');
  await expect(stampOf(page)).toBeVisible();
  const other = await context.newPage();
  await other.goto('./');
  await expect(stampOf(other)).toBeVisible();
  for (let round = 0; round < 8; round += 1) {
    await Promise.all(
      [page, other].map(async (tab, number) => {
        await queryBox(tab).fill(`tab ${number} round ${round}`);
        await documentsBox(tab).fill(`tab ${number}\nround ${round}`);
      }),
    );
  }
  await waitUntilKept(page, { query: 'tab 0 round 7', documents: 2 });
  await waitUntilKept(other, { query: 'tab 1 round 7', documents: 2 });
  await Promise.all([page.reload(), other.reload()]);
  await expect(documentsBox(page)).toHaveValue('tab 0\nround 7');
  await expect(documentsBox(other)).toHaveValue('tab 1\nround 7');
});

test('what is damaged is set aside, told, handed out and deleted only when asked to', async ({
  page,
}) => {
  await openWithResult(page);
  const damage = { version: 1, logits: 'MARKER', deep: [1, { far: 'away' }] };
  await putOwn(page, 'scores', damage);
  await page.evaluate(() => localStorage.setItem('crossrank.settings', '{"version":1,"theme":'));
  await page.reload();
  // The text is whole.
  await expect(queryBox(page)).toHaveValue(query);
  await expect(asideOf(page)).toContainText('Query, documents and result of a tab · damaged');
  await expect(asideOf(page)).toContainText('Settings · damaged');
  const download = page.waitForEvent('download');
  await asideOf(page).getByRole('button', { name: 'Download' }).first().click();
  const file = JSON.parse(await readFile(await (await download).path(), 'utf8'));
  expect(file).toMatchObject({
    reason: 'damaged',
    parts: {
      head: { query },
      text: { documentsText: capitals.join('\n') },
      documents: { documents: capitals },
      scores: damage,
    },
  });
  await asideOf(page).getByRole('button', { name: 'Delete' }).first().click();
  await expect(asideOf(page).getByRole('listitem')).toHaveCount(2);
  await asideOf(page).getByRole('button', { name: 'Delete' }).first().click();
  await expect(asideOf(page).getByRole('listitem')).toHaveCount(1);
  expect((await readKept(page)).asides).toBe(0);
  await page.getByRole('button', { name: 'Leave it there' }).click();
  await expect(asideOf(page)).toHaveCount(0);
  await page.reload();
  await expect(stampOf(page)).toBeVisible();
  await expect(asideOf(page)).toHaveCount(0);
  await page.getByRole('link', { name: 'Diagnostics' }).click();
  await expect(page.getByRole('listitem').filter({ hasText: 'Settings · damaged' })).toBeVisible();
  expect(await page.evaluate(() => localStorage.getItem('crossrank.settings.unreadable'))).toBe(
    '{"version":1,"theme":',
  );
});

test('what a later release kept of a tab is set aside, too', async ({ page }) => {
  await openWithResult(page);
  await putOwn(page, 'heads', { version: 2, queries: ['MARKER'] });
  await page.reload();
  await expect(asideOf(page)).toContainText('written by a newer version of Crossrank');
  await expect(queryBox(page)).toHaveValue(query);
  await waitUntilKept(page, { query, documents: 3 });
});

test('a database of a later release is not touched, and the page works', async ({
  page,
  context,
}) => {
  const bare = await openBare(context);
  await bare.evaluate(async () => {
    const opening = indexedDB.open('crossrank-work', 2);
    opening.onupgradeneeded = () => opening.result.createObjectStore('later').put('MARKER', 1);
    await new Promise((resolve) => {
      opening.onsuccess = resolve;
    });
    opening.result.close();
  });
  await page.goto('./');
  await expect(page.getByText('A newer version of Crossrank keeps its work here')).toBeVisible();
  await rerank(page, query, capitals);
  await expect(stampOf(page)).toContainText('3 pairs');
  await page.reload();
  await expect(queryBox(page)).toHaveValue(query);
  await expect(stampOf(page)).toContainText('3 pairs');
  const stores = await bare.evaluate(async () => {
    const opening = indexedDB.open('crossrank-work');
    await new Promise((resolve) => {
      opening.onsuccess = resolve;
    });
    const { version, objectStoreNames } = opening.result;
    opening.result.close();
    return { version, names: [...objectStoreNames] };
  });
  expect(stores).toEqual({ version: 2, names: ['later'] });
});

test('a later release in another tab takes the database over, and this tab says so', async ({
  page,
  context,
}) => {
  await openWithResult(page);
  const bare = await openBare(context);
  await bare.evaluate(async () => {
    const opening = indexedDB.open('crossrank-work', 2);
    await new Promise((resolve, reject) => {
      opening.onsuccess = resolve;
      opening.onblocked = () => reject(new Error('blocked'));
    });
  });
  await expect(page.getByText('A newer version of Crossrank keeps its work here')).toBeVisible();
  await queryBox(page).fill('still typing');
  await expect(rowsOf(page)).toHaveCount(3);
  await page.reload();
  await expect(queryBox(page)).toHaveValue('still typing');
});

test('an old tab that holds the database keeps nobody waiting, and is followed when it goes', async ({
  page,
  context,
}) => {
  await openWithResult(page);
  const old = await reloadBehindOldTab(page, context);
  await expect(queryBox(page)).toHaveValue(query);
  await expect(stampOf(page)).toContainText('3 pairs');
  await queryBox(page).fill('typed meanwhile');
  await old.close();
  await expect(page.getByText(heldByOldTab)).toHaveCount(0);
  await waitUntilKept(page, { query: 'typed meanwhile', documents: 3 });
  await expect(queryBox(page)).toHaveValue('typed meanwhile');
});

test('long text that only the database has is not lost to a page that could not wait for it', async ({
  page,
  context,
}) => {
  await page.goto('./');
  await expect(stampOf(page)).toBeVisible();
  const long = 'x'.repeat(999).concat('\n').repeat(2500);
  await queryBox(page).fill('long text');
  await paste(page, long);
  await waitUntilKept(page, { query: 'long text', documents: 2500 });
  await expect(page.getByText('too long to survive a reload')).toHaveCount(0);
  await page.reload();
  await expect(queryBox(page)).toHaveValue('long text');
  await expect.poll(() => documentsBox(page).inputValue()).toBe(long);

  const old = await reloadBehindOldTab(page, context);
  await expect(stampOf(page)).toBeVisible();
  await old.close();
  // What is on the screen stays; the text that was waiting is offered.
  await expect(offerOf(page)).toContainText('“long text”2,500 documents');
  await page.getByRole('button', { name: 'Bring it back' }).click();
  await expect.poll(() => documentsBox(page).inputValue()).toBe(long);
});

test('a full disk is told, and the text in the boxes stays', async ({ page, baseURL }) => {
  // Before anything is kept: a browser looks at how much room there is every half minute only.
  const { origin } = new URL(baseURL ?? '');
  await limitRoom(page, origin, 200_000);
  await openWithResult(page);
  const long = noise(2500);
  await paste(page, long);
  await expect(page.getByText('There is no room left to keep your work')).toBeVisible();
  await expect(page.getByText('too long to survive a reload')).toBeVisible();
  expect(await documentsBox(page).inputValue()).toBe(long);
  await expect(rowsOf(page)).toHaveCount(3);

  await limitRoom(page, origin, null);
  let tries = 0;
  await expect(async () => {
    tries += 1;
    await queryBox(page).fill(`room again ${tries}`);
    await expect(page.getByText('too long to survive a reload')).toHaveCount(0, { timeout: 3000 });
  }).toPass({ timeout: 60_000 });
  await expect(page.getByText('There is no room left to keep your work')).toHaveCount(0);
  await page.reload();
  await expect.poll(() => documentsBox(page).inputValue()).toBe(long);
});

for (const [way, refusal] of [
  ['open throws', 'idb-throws'],
  ['the getter throws', 'idb-getter'],
  ['there is none', 'idb-none'],
] as const) {
  test(`without IndexedDB, since ${way}, the page works and keeps its text`, async ({ page }) => {
    await refuse(page, [refusal]);
    await page.goto('./');
    await rerank(page, query, capitals);
    await expect(stampOf(page)).toContainText('3 pairs');
    await page.reload();
    await expect(queryBox(page)).toHaveValue(query);
    await expect(stampOf(page)).toContainText('3 pairs');
    await paste(page, 'z'.repeat(999).concat('\n').repeat(2500));
    await expect(page.getByText('too long to survive a reload')).toBeVisible();
  });
}

test('a tab that is closed in mid-write leaves the old or the new, never half of it', async ({
  context,
  watch,
}) => {
  const bare = await openBare(context);
  let seen = 0;
  for (let round = 0; round < 8; round += 1) {
    const page = await context.newPage();
    // No model and no gallery: what is written is what is typed.
    await page.route(/models\/|demos\//, (route) => route.abort());
    await page.goto('./');
    await expect
      .poll(() => page.evaluate(() => sessionStorage.getItem('crossrank.tab')))
      .not.toBeNull();
    const id = await page.evaluate(() => sessionStorage.getItem('crossrank.tab') ?? '');
    for (const version of ['first', 'second']) {
      await page.evaluate(
        ([name]) => {
          const type = (box: HTMLTextAreaElement | null, text: string): void => {
            const { set } =
              Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value') ?? {};
            set?.call(box, text);
            box?.dispatchEvent(new Event('input', { bubbles: true }));
          };
          type(document.querySelector('.query-box'), name);
          type(document.querySelector('#documents'), `${name} `.repeat(200_000));
        },
        [version] as const,
      );
      if (version === 'first') await waitUntilKept(page, { query: 'first' });
    }
    // Its write begins 300 ms after the change, later on a busy machine.
    await page.waitForTimeout(200 + round * round * 30);
    await page.close();
    const { heads, texts } = await readKept(bare);
    const kept = heads[id]?.query ?? '';
    expect(['first', 'second']).toContain(kept);
    if (kept === 'second') seen += 1;
    expect(texts[id]?.documentsText).toBe(`${kept} `.repeat(200_000));
  }
  expect(seen).toBeGreaterThan(0);
  // What was held back from these pages.
  watch.pageErrors.length = 0;
  expect((await readKept(bare)).asides).toBe(0);
});

test('12,000 documents and what is known of them survive a reload', async ({ page }) => {
  await page.goto('./');
  await expect(stampOf(page)).toBeVisible();
  const many = Array.from({ length: 12_000 }, (_, number) => `paper ${number} on rivers and loans`);
  await rerank(page, 'river loans', many);
  await expect(page.locator('.run-numbers').first()).toContainText(/[1-9][\d,]* of 12,000 scored/);
  await page.getByRole('button', { name: 'Cancel' }).click();
  const cancelled = page.getByText(/^Cancelled: [\d,]+ of 12,000/);
  const told = await cancelled.textContent();
  await expect(page.getByRole('radio', { name: 'BM25' })).toBeEnabled();
  await waitUntilKept(page, { query: 'river loans', documents: 12_000 });
  const first = await page.locator('.ranking .row').first().textContent();
  await page.waitForTimeout(500);
  await page.reload();
  await expect(cancelled).toHaveText(told ?? '');
  await expect(page.locator('.ranking .row').first()).toHaveText(first ?? '');
  await expect(page.getByText('12,000 documents · one per line')).toBeVisible();
});

test('settings that two tabs change are all kept, and looks are followed at once', async ({
  page,
  context,
}) => {
  await page.goto('./');
  await expect(stampOf(page)).toBeVisible();
  const other = await context.newPage();
  await other.goto('./');
  await expect(stampOf(other)).toBeVisible();
  await page.getByRole('combobox', { name: 'Theme' }).selectOption('dark');
  await expect(other.locator('html')).toHaveAttribute('data-theme', 'dark');
  await other.getByRole('combobox', { name: 'Long documents' }).selectOption('first');
  await other.getByRole('combobox', { name: 'Language' }).selectOption('zh');
  await expect(page.locator('html')).toHaveAttribute('lang', 'zh-Hans');
  // What a tab works with is its own until it is loaded again.
  await expect(page.getByRole('combobox', { name: '长文档' })).toHaveValue('max');
  await page.getByRole('combobox', { name: '语言' }).selectOption('en');
  await expect(other.locator('html')).toHaveAttribute('lang', 'en');
  const kept = () =>
    page.evaluate(() => JSON.parse(localStorage.getItem('crossrank.settings') ?? '{}'));
  expect(await kept()).toMatchObject({ theme: 'dark', language: 'en', longDocuments: 'first' });

  // In the same moment, many times.
  const readings = ['max', 'truncate'] as const;
  const lengths = ['256', '512'] as const;
  for (let round = 0; round < 12; round += 1) {
    await page.waitForTimeout(1100);
    const [reading, length] = [readings[round % 2] ?? 'max', lengths[round % 2] ?? '512'];
    await Promise.all([
      page.getByRole('combobox', { name: 'Long documents' }).selectOption(reading),
      other.getByRole('combobox', { name: 'Pair length' }).selectOption(length),
    ]);
    await expect.poll(kept).toMatchObject({ longDocuments: reading, maxLength: Number(length) });
  }
});

/** Lines of a thousand characters that no database makes smaller. */
function noise(lines: number): string {
  let state = 1;
  const next = (): string => {
    state = (state * 48_271) % 2_147_483_647;
    return String.fromCharCode(33 + (state % 90));
  };
  return Array.from({ length: lines }, () => Array.from({ length: 999 }, next).join('')).join('\n');
}

/** Puts a text into the "Documents" box at once. */
async function paste(page: Page, text: string): Promise<void> {
  await documentsBox(page).evaluate((box, pasted) => {
    const { set } = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value') ?? {};
    set?.call(box, pasted);
    box.dispatchEvent(new Event('input', { bubbles: true }));
  }, text);
}
