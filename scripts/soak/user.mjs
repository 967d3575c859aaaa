// What a user does in the page, and what the page must hold afterwards.

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** @typedef {import('@playwright/test').Page} Page */
/** @typedef {import('./chance.mjs').Chance} Chance */
/** @typedef {{ query: string, documents: string }} Texts */
/**
 * @typedef {object} User
 * @property {Page} page
 * @property {Chance} chance
 * @property {Texts} texts what the boxes must hold
 * @property {Texts | null} own what a keyword trap has replaced, and must be kept; null where the
 *   boxes hold the user's own text
 * @property {Texts | null} elsewhere what another tab had when it was closed
 * @property {string} folder for files to import
 * @property {boolean} offline
 */
/** @typedef {{ name: string, weight: number, may?: (user: User) => boolean, do: (user: User) => Promise<string> }} Action */

const words = (
  'river bank loan office water paper green stone apply night answer fund long short bridge ' +
  'model query 检索 模型 河流 银行 贷款 水 文件 回答 <b>bold</b> &amp; "quoted" naïve Ω 🙂'
).split(' ');

/** Waits of a person: between 0 and 400 ms. */
const think = (/** @type {User} */ { chance }) => wait(chance.below(400));

/** @type {readonly Action[]} */
const actions = [
  {
    name: 'type a query',
    weight: 8,
    do: async (user) => {
      const query = sentence(user.chance, 1 + user.chance.below(7));
      await user.page.locator('.query-box').fill(query);
      own(user, { query });
      return query;
    },
  },
  {
    name: 'paste documents',
    weight: 8,
    do: async (user) => {
      const count = 1 + user.chance.below(user.chance.share() < 0.1 ? 400 : 40);
      const documents = lines(user.chance, count);
      await user.page.locator('#documents').fill(documents);
      own(user, { documents });
      return `${count} lines`;
    },
  },
  {
    name: 'type one more document',
    weight: 4,
    do: async (user) => {
      const added = `${user.texts.documents === '' ? '' : '\n'}${sentence(user.chance, 3)}`;
      const box = user.page.locator('#documents');
      await box.focus();
      await user.page.keyboard.press('Control+End');
      await user.page.keyboard.insertText(added);
      own(user, { documents: user.texts.documents + added });
      return added.trim();
    },
  },
  { name: 'run', weight: 12, do: run },
  {
    name: 'run, and run again at once',
    weight: 3,
    do: async (user) => {
      await run(user);
      await think(user);
      return run(user);
    },
  },
  {
    name: 'run and cancel',
    weight: 4,
    do: async (user) => {
      await run(user);
      await think(user);
      await user.page.keyboard.press('Escape');
      return '';
    },
  },
  {
    name: 'wait for the result',
    weight: 6,
    do: async ({ page }) => {
      await page.waitForFunction(() => document.querySelector('.progress') === null, null, {
        timeout: 90_000,
      });
      return '';
    },
  },
  {
    name: 'load a keyword trap',
    weight: 3,
    do: async (user) => {
      const picker = user.page.locator('.trap-picker');
      const options = picker.locator('option');
      // The gallery comes a moment after the page.
      await options.nth(1).waitFor({ state: 'attached' });
      const ids = await options.evaluateAll((options) =>
        options.map((option) => option.getAttribute('value') ?? ''),
      );
      const id = user.chance.oneOf(ids.filter((value) => value !== ''));
      if (user.own === null && user.texts.query + user.texts.documents !== '') {
        user.own = user.texts;
      }
      user.own ??= { query: '', documents: '' };
      await picker.selectOption(id);
      user.texts = await boxesOf(user.page);
      return id;
    },
  },
  {
    name: 'clear, and take it back',
    weight: 2,
    may: ({ own: kept, texts }) =>
      kept === null && texts.query.trim() + texts.documents.trim() !== '',
    do: async ({ page, chance }) => {
      await page.locator('.input-tools button').last().click();
      await wait(chance.below(300));
      await page.locator('.input-tools button').first().click();
      return '';
    },
  },
  {
    name: 'take the own text back from a trap',
    weight: 3,
    may: ({ own: kept }) => kept !== null && kept.query + kept.documents !== '',
    do: async (user) => {
      const { own: kept } = user;
      await user.page.locator('.input-tools button').first().click();
      if (kept !== null) user.texts = kept;
      user.own = null;
      return '';
    },
  },
  {
    name: 'reload',
    weight: 4,
    do: async (user) => {
      await user.page.reload();
      return arrive(user);
    },
  },
  {
    name: 'crash the tab and open it again',
    weight: 1,
    do: async (user) => {
      // What was typed within the last moments of a crash may be gone, as it may with any editor.
      await wait(1500);
      const context = user.page.context();
      const crashed = user.page.waitForEvent('crash');
      const session = await context.newCDPSession(user.page);
      session.send('Page.crash').catch(() => undefined);
      await crashed;
      const address = user.page.url();
      await user.page.close();
      user.page = await context.newPage();
      await user.page.goto(address);
      await user.page.locator('#documents').waitFor();
      // A trap that nobody touched is not kept: nothing of the user's is in it.
      if (user.own !== null && user.own.query + user.own.documents === '') return arrive(user);
      const offer = user.page.locator('.app-notice:has(.work-query)');
      const offered = await offer.locator('.work-query').innerText();
      await offer.locator('.button-main').click();
      // Of two tabs that are gone the one that was written in last is offered first.
      if (user.elsewhere !== null && offered.includes(user.elsewhere.query)) {
        user.texts = user.elsewhere;
        user.elsewhere = null;
        user.own = null;
        return 'the work of the other tab was brought back';
      }
      if (user.own !== null) user.texts = user.own;
      user.own = null;
      return 'the work was brought back';
    },
  },
  {
    name: 'kill the scoring worker',
    weight: 2,
    do: async ({ page }) => {
      const worker = page.workers().find((one) => one.url().includes('reranker.worker'));
      await worker?.evaluate(() => self.close()).catch(() => undefined);
      return worker === undefined ? 'there was none' : '';
    },
  },
  {
    name: 'move to another device',
    weight: 2,
    do: async (user) => {
      // The software adapter takes a minute for what fills this page; it has tests of its own.
      const device = user.chance.oneOf(['auto', 'wasm']);
      await user.page.locator('.model-badge').click();
      await user.page.locator(`input[name="device"][value="${device}"]`).check();
      await user.page.keyboard.press('Escape');
      return device;
    },
  },
  {
    name: 'look at another view and come back',
    weight: 5,
    do: async (user) => {
      const view = user.chance.oneOf(['traps', 'collections', 'models', 'privacy', 'diagnostics']);
      await user.page.locator(`a[href="#/${view}"]`).first().click();
      await think(user);
      await user.page.locator('a.wordmark').click();
      await user.page.locator('#documents').waitFor();
      return view;
    },
  },
  {
    name: 'another order',
    weight: 3,
    do: async (user) => {
      const order = user.chance.oneOf(['cross-encoder', 'bm25', 'both']);
      const option = user.page.locator(`.segment[data-option="${order}"]`);
      if (!(await option.isVisible())) return 'there is none';
      await option.click();
      return order;
    },
  },
  {
    name: 'another language',
    weight: 2,
    do: async (user) => {
      const language = user.chance.oneOf(['en', 'zh']);
      await user.page.locator('.masthead .select').first().selectOption(language);
      return language;
    },
  },
  {
    name: 'another theme',
    weight: 1,
    do: async (user) => {
      const theme = user.chance.oneOf(['auto', 'light', 'dark']);
      await user.page.locator('.masthead .select').last().selectOption(theme);
      return theme;
    },
  },
  {
    name: 'import a file as a collection',
    weight: 1,
    do: async (user) => {
      const file = path.join(user.folder, `soak-${user.chance.below(1e6)}.jsonl`);
      const rows = lines(user.chance, 20).split('\n');
      writeFileSync(
        file,
        rows.map((text, at) => JSON.stringify({ _id: `d${at}`, text })).join('\n'),
      );
      await user.page.locator('a[href="#/collections"]').first().click();
      await user.page.locator('input[type="file"]').first().setInputFiles(file);
      await wait(1000);
      await user.page.locator('a.wordmark').click();
      await user.page.locator('#documents').waitFor();
      return path.basename(file);
    },
  },
  {
    name: 'another tab types and goes',
    weight: 1,
    do: async (user) => {
      const { page, chance } = user;
      const other = await page.context().newPage();
      await other.goto(page.url());
      await other.locator('.query-box').fill(sentence(chance, 4));
      await wait(chance.below(800));
      user.elsewhere = await boxesOf(other);
      await other.close();
      return '';
    },
  },
  {
    name: 'lose the network, or get it back',
    weight: 1,
    do: async (user) => {
      user.offline = !user.offline;
      await user.page.context().setOffline(user.offline);
      return user.offline ? 'lost' : 'back';
    },
  },
  {
    name: 'another width of the window',
    weight: 1,
    do: async ({ page, chance }) => {
      const width = chance.oneOf([360, 768, 1280, 1600]);
      await page.setViewportSize({ width, height: 800 });
      return `${width}`;
    },
  },
];

/**
 * @param {User} user
 * @returns {Action} one that is possible now, by the weights
 */
export function chooseAction(user) {
  const possible = actions.filter(({ may }) => may?.(user) ?? true);
  let left = user.chance.share() * possible.reduce((sum, { weight }) => sum + weight, 0);
  for (const action of possible) {
    left -= action.weight;
    if (left < 0) return action;
  }
  throw new Error('The weights are wrong.');
}

/** @param {Page} page @returns {Promise<Texts>} */
export async function boxesOf(page) {
  return {
    query: await page.locator('.query-box').inputValue(),
    documents: await page.locator('#documents').inputValue(),
  };
}

/** After a reload a keyword trap may stand there again, or what it had replaced. */
async function arrive(/** @type {User} */ user) {
  const { page, own: kept } = user;
  await page.locator('#documents').waitFor({ timeout: 60_000 });
  if (kept === null) return '';
  // The first visit's trap and a restored text come a moment after the boxes.
  await wait(3000);
  user.texts = await boxesOf(page);
  const isOwn = kept.query === user.texts.query && kept.documents === user.texts.documents;
  if (isOwn) user.own = null;
  return isOwn ? 'the own text came back' : 'the trap came back';
}

/** @param {User} user */
async function run({ page }) {
  await page.locator('main .button-main').click();
  return '';
}

/** The boxes hold the user's own text from now on. @param {User} user @param {Partial<Texts>} change */
function own(user, change) {
  user.texts = { ...user.texts, ...change };
  user.own = null;
}

/** @param {Chance} chance @param {number} count */
function sentence(chance, count) {
  return Array.from({ length: count }, () => chance.oneOf(words)).join(' ');
}

/** @param {Chance} chance @param {number} count */
function lines(chance, count) {
  return Array.from(
    { length: count },
    (_, at) => `${at + 1} ${sentence(chance, 2 + chance.below(60))}`,
  ).join('\n');
}
