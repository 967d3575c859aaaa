import type { Locator, Page } from '@playwright/test';
import { seriousFindings } from './axe.ts';
import { beirFiles, fileOf, importAs, pickFiles } from './collections.ts';
import { expect, test } from './fixtures.ts';

/** By how many pixels the page is wider than its window. */
function overflowOf(page: Page): Promise<number> {
  return page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
}

/** Files with everything that a report tells: what is left out, and what is worth knowing. */
const mixedFiles = [
  ...beirFiles(),
  fileOf('table.csv', 'nr;body;kind\n7;A text about loans;x\n8;A text about rivers;y\n8;;z\n'),
  fileOf('broken.json', '[\n  {"text": "a"},\n  {"text": oops}\n]\n'),
  fileOf(`${'a-name-without-any-space-'.repeat(6)}.txt`, 'one\ntwo\n'),
];

const english = {
  locale: 'en-US',
  paste: 'Paste…',
  details: 'Change how table.csv is understood',
  form: 'Import these files',
  name: 'Name',
  import: 'Import',
  report: 'Import report',
  close: 'Close',
  rerank: 'Rerank',
  done: /^Done: 2 queries/,
  verdict: 'Verdict',
  queries: 'Queries',
  export: 'Export',
  download: 'Download',
  besides: 'Side by side',
} as const;

const chinese: { readonly [Key in keyof typeof english]: string | RegExp } & {
  readonly locale: string;
} = {
  locale: 'zh-CN',
  paste: '粘贴…',
  details: '更改 table.csv 的读取方式',
  form: '导入这些文件',
  name: '名称',
  import: '导入',
  report: '导入报告',
  close: '关闭',
  rerank: '重排',
  done: /^已完成：2 个查询/,
  verdict: '结论',
  queries: '查询',
  export: '导出',
  download: '下载',
  besides: '并排',
};

/** Goes through every page of the view, and has each looked at once it is all there. */
async function visitAll(
  page: Page,
  words: typeof english | typeof chinese,
  look: (where: string) => Promise<void>,
): Promise<void> {
  const button = (name: string | RegExp): Locator =>
    page.getByRole('button', { name, exact: true });
  await page.goto('./#/collections');
  await expect(page.getByRole('heading', { level: 2 })).toBeVisible();
  await look('the empty list');
  await page.getByText(words.paste, { exact: true }).first().click();
  await expect(page.getByRole('textbox').first()).toBeFocused();
  await look('the box for a text');

  // The buttons that bring files stay, also where there is no collection yet.
  await page.locator('input[type=file]').first().setInputFiles(mixedFiles);
  await page.getByTitle(words.details).click();
  await expect(page.getByRole('cell', { name: 'A text about loans' })).toBeVisible();
  await look('files that are open');
  const form = page.getByRole('form', { name: words.form });
  await form.getByRole('textbox', { name: words.name }).fill('Measured');
  await form.getByRole('button', { name: words.import, exact: true }).click();
  await expect(page.getByRole('heading', { name: words.report })).toBeVisible();
  await look('the report');
  await button(words.close).click();
  await look('the list');

  await page.getByRole('link', { name: 'Measured' }).click();
  await button(words.rerank).click();
  await expect(page.getByText(words.done)).toBeVisible();
  const verdict = page.getByRole('region', { name: words.verdict });
  await expect(verdict).toContainText('crossrank-tiny');
  await page.evaluate(() => {
    for (const part of document.querySelectorAll('details')) part.open = true;
  });
  await look('the evaluation');
  await page.getByRole('link', { name: words.queries, exact: true }).click();
  await expect(page.getByText('where does river water go')).toBeVisible();
  await look('the queries');
  await page.getByRole('link', { name: words.export, exact: true }).click();
  await expect(button(words.download)).toBeEnabled();
  await look('the export');
  await page.getByRole('link', { name: words.queries, exact: true }).click();
  await page.getByText('where does river water go').click();
  await expect(page.getByRole('heading', { name: 'where does river water go' })).toBeVisible();
  await expect(page.getByText(words.besides, { exact: true })).toBeVisible();
  await look('a query');
  await page.getByText(words.besides, { exact: true }).click();
  await expect(page.getByRole('list').getByText('water').first()).toBeVisible();
  await look('a query, side by side');
}

for (const words of [english, chinese]) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test.describe(`${words.locale}, ${colorScheme}`, () => {
      test.use({ locale: words.locale, colorScheme });

      test('axe finds nothing serious on any page of the collections', async ({ page }) => {
        await visitAll(page, words, async (where) => {
          expect(await seriousFindings(page), where).toEqual([]);
        });
      });
    });
  }

  test.describe(`${words.locale}, 320 pixels wide`, () => {
    test.use({ locale: words.locale, viewport: { width: 320, height: 740 } });

    test('no page of the collections scrolls sideways', async ({ page }) => {
      await visitAll(page, words, async (where) => {
        expect(await overflowOf(page), where).toBeLessThanOrEqual(0);
      });
    });
  });
}

/** Presses Tab until something with this text or name has the focus. */
async function tabTo(page: Page, name: string | RegExp): Promise<void> {
  for (let step = 0; step < 80; step++) {
    await page.keyboard.press('Tab');
    const label = await page.evaluate(() => {
      const element = document.activeElement;
      if (element === null || element === document.body) return '';
      const by = element.id === '' ? null : document.querySelector(`label[for="${element.id}"]`);
      const said = element.getAttribute('aria-label') ?? by?.textContent ?? element.textContent;
      return (said ?? '').trim();
    });
    if (typeof name === 'string' ? label === name : name.test(label)) return;
  }
  throw new Error(`Tab never came to ${name}.`);
}

/** Where the focus is; it must never be nowhere. */
function focusedTag(page: Page): Promise<string> {
  return page.evaluate(() => document.activeElement?.tagName ?? '');
}

test('with the keyboard alone: import, run, cancel, open a query, go on to the next', async ({
  page,
}) => {
  await page.goto('./#/collections');
  await expect(page.getByRole('heading', { level: 2 })).toBeVisible();
  await tabTo(page, 'Paste a text to import');
  await page.keyboard.press('Enter');
  const box = page.getByRole('textbox', { name: 'Text to import' });
  await expect(box).toBeFocused();
  const documents = Array.from({ length: 200 }, (_, number) =>
    `note ${number} about loans, rivers and the water of the hills `.repeat(4),
  );
  const request = { query: 'river water', documents };
  // Put in at once: typing so much takes long.
  await box.evaluate((element, text) => {
    if (element instanceof HTMLTextAreaElement) element.value = text;
    element.dispatchEvent(new Event('input', { bubbles: true }));
  }, JSON.stringify(request));
  await page.keyboard.press('Control+Enter');
  await expect(page.getByRole('form', { name: 'Import these files' })).toBeVisible();
  expect(await focusedTag(page)).not.toBe('BODY');
  await tabTo(page, 'Import');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Import report' })).toBeVisible();
  expect(await focusedTag(page)).not.toBe('BODY');
  await tabTo(page, 'Open the collection');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Rerank all queries' })).toBeVisible();
  expect(await focusedTag(page)).not.toBe('BODY');

  await tabTo(page, 'Rerank');
  await page.keyboard.press('Enter');
  await expect(page.getByText(/pairs scored: [1-9]/)).toBeVisible();
  expect(await focusedTag(page)).not.toBe('BODY');
  await page.keyboard.press('Escape');
  await expect(page.getByText(/^Cancelled: 0 of 1 queries/)).toBeVisible();
  expect(await focusedTag(page)).not.toBe('BODY');

  await importAs(page, 'Two queries', beirFiles());
  await tabTo(page, 'Queries');
  await page.keyboard.press('Enter');
  await tabTo(page, 'when is a student loan paid back');
  await page.keyboard.press('Enter');
  const first = page.getByRole('heading', { name: 'when is a student loan paid back' });
  const second = page.getByRole('heading', { name: 'where does river water go' });
  await expect(first).toBeVisible();
  await page.keyboard.press('j');
  await expect(second).toBeVisible();
  await page.keyboard.press('k');
  await expect(first).toBeVisible();
  await tabTo(page, /Next$/);
  await page.keyboard.press('Enter');
  await expect(second).toBeVisible();
  expect(await focusedTag(page)).not.toBe('BODY');
});

test('a language and a theme chosen meanwhile change the words and keep the work', async ({
  page,
}) => {
  await page.goto('./#/collections');
  await pickFiles(page, mixedFiles);
  await page.getByRole('button', { name: 'Import', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Import report' })).toBeVisible();
  await page.getByLabel('Language').selectOption({ label: '中文' });
  await expect(page.getByRole('heading', { name: '导入报告' })).toBeVisible();
  await expect(page.getByText('1 个文件不是有效的 JSON', { exact: false })).toBeVisible();
  await page.getByRole('button', { name: '打开集合' }).click();
  await page.getByRole('button', { name: '重排', exact: true }).click();
  await expect(page.getByText(chinese.done)).toBeVisible();
  await expect(page.getByRole('region', { name: '结论' })).toContainText('crossrank-tiny');
  await page.getByLabel('语言').selectOption({ label: 'English' });
  await page.getByLabel('Theme').selectOption({ label: 'Dark' });
  await expect(page.getByText(english.done)).toBeVisible();
  await expect(page.getByRole('region', { name: 'Verdict' })).toContainText('Reranking with');
  expect(await seriousFindings(page)).toEqual([]);
});
