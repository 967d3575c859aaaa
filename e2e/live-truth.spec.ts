import type { Page } from '@playwright/test';
import { seriousFindings } from './axe.ts';
import { expect, openRanked, passages, rerank, stampOf, test } from './fixtures.ts';

const title = 'How fast, and where the time went';

/** What the page hands out of a run; the numbers are those that the console API resolves to. */
interface CopiedResult {
  readonly timings: {
    readonly totalMs: number;
    readonly tokens: number;
    readonly batches: number;
    readonly timeline: readonly unknown[];
  };
}

/** Opens the panel below the line about the run. */
async function openTruth(page: Page) {
  await page.locator('summary', { hasText: title }).click();
  const panel = page.getByRole('region', { name: title });
  await expect(panel.getByRole('img')).toBeVisible();
  return panel;
}

async function copied(page: Page): Promise<string> {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  return page.evaluate(() => navigator.clipboard.readText());
}

/** Ranks documents of mixed lengths, and waits for it. */
async function rankPassages(page: Page, count: number): Promise<void> {
  await openRanked(page);
  await rerank(page, 'how to apply for a loan', passages(count));
  await expect(stampOf(page)).toContainText(`${count} pairs`, { timeout: 90_000 });
}

test('a run tells how fast it was, where its time went and what each batch was', async ({
  page,
}) => {
  await rankPassages(page, 60);
  const panel = await openTruth(page);

  await page.getByRole('button', { name: 'Copy JSON', exact: true }).click();
  const { timings }: CopiedResult = JSON.parse(await copied(page));
  const perSecond = Math.round((timings.tokens / timings.totalMs) * 1000).toLocaleString('en');
  await expect(stampOf(page)).toContainText(`${perSecond} tokens/s`);
  await expect(
    panel.locator('div', { has: page.getByText('Tokens per second', { exact: true }) }).last(),
  ).toContainText(perSecond);
  // The console API scores the same tokens when it is asked to score them again.
  const again = await page.evaluate(
    (documents) =>
      window.crossrank.rerank({ query: 'how to apply for a loan', documents, remember: false }),
    passages(60),
  );
  expect(again.timings.tokens).toBe(timings.tokens);

  expect(timings.timeline).toHaveLength(timings.batches);
  expect(timings.batches).toBeGreaterThan(1);
  await expect(panel.locator('.truth-batch')).toHaveCount(timings.batches);
  const slider = panel.getByRole('slider', { name: 'Batch' });
  await slider.focus();
  await expect(panel.locator('.truth-readout')).toContainText(`Batch 1 of ${timings.batches}`);
  await page.keyboard.press('ArrowRight');
  await expect(panel.locator('.truth-readout')).toContainText(`Batch 2 of ${timings.batches}`);
  await expect(slider).toHaveAttribute('aria-valuetext', /^Batch 2 of .* tokens wide/);
  await page.keyboard.press('End');
  await expect(slider).toHaveAttribute(
    'aria-valuetext',
    new RegExp(`^Batch ${timings.batches} of`),
  );
  await panel.getByText('As a table').click();
  await expect(panel.getByRole('region').getByRole('row')).toHaveCount(timings.batches + 1);

  await expect(panel.getByRole('row', { name: /^Tokeniser/ })).toBeVisible();
  await panel.getByRole('button', { name: 'Copy as Markdown' }).click();
  await expect.poll(() => copied(page)).toContain(`| Tokens per second | ${perSecond} |`);
  await panel.getByRole('button', { name: 'Copy as JSON' }).click();
  await expect.poll(() => copied(page)).toContain('"browser"');
});

test('scores that are known are said to be remembered, and are scored again when asked for', async ({
  page,
}) => {
  await rankPassages(page, 4);
  await rerank(page, 'how to apply for a loan', passages(6));
  await expect(stampOf(page)).toContainText('2 pairs');
  await expect(stampOf(page)).toContainText('4 of 6 remembered');
  const panel = await openTruth(page);
  await expect(panel).toContainText('4 of 6');
  await panel.getByRole('button', { name: 'Score all again' }).click();
  await expect(stampOf(page)).toContainText('6 pairs');
  await expect(stampOf(page)).not.toContainText('remembered');
  // The panel stays open over the run, and the keyboard is where it was.
  await expect(panel).toContainText('0 of 6');
  await expect(page.locator('summary', { hasText: title })).toBeFocused();
  await page.getByRole('button', { name: 'Rerank' }).click();
  await expect(stampOf(page)).toContainText('6 of 6 remembered');
  await expect(panel).toContainText('Nothing had to be scored');
});

for (const [locale, colorScheme, heading] of [
  ['en-US', 'light', title],
  ['zh-CN', 'dark', '速度与耗时明细'],
] as const) {
  test.describe(`in ${locale}, ${colorScheme}, on a narrow screen`, () => {
    test.use({ locale, colorScheme, viewport: { width: 320, height: 800 } });

    test('axe finds nothing serious in the panel, and it is not wider than the screen', async ({
      page,
    }) => {
      await openRanked(page);
      await page.locator('summary', { hasText: heading }).click();
      const panel = page.getByRole('region', { name: heading });
      await expect(panel.getByRole('img')).toBeVisible();
      await panel.locator('summary').click();
      expect(await seriousFindings(page)).toEqual([]);
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(overflow).toBeLessThanOrEqual(0);
    });
  });
}

test('both devices are compared on the own documents, and the faster one is remembered', async ({
  page,
}) => {
  test.setTimeout(400_000);
  const remembered = page.getByTestId('faster-device').locator('visible=true');
  const deviceOf = () => page.evaluate(() => window.crossrank.model?.device ?? null);
  await openRanked(page);
  await rerank(page, 'a loan', ['apply for a loan', 'a long river', 'green paper']);
  await expect(stampOf(page)).toContainText('3 pairs');
  const panel = await openTruth(page);
  await expect(panel).toContainText(/swiftshader, computes on the CPU/i);

  // Whoever ranks meanwhile ends the comparison.
  await panel.getByRole('button', { name: 'Compare both devices' }).click();
  await expect(panel.getByText('WebGPU: loading the model')).toBeVisible();
  await rerank(page, 'a river', ['a long river', 'green paper']);
  await expect(stampOf(page)).toContainText('2 pairs', { timeout: 60_000 });
  await expect(panel.getByText('Cancelled: nothing was remembered.')).toBeVisible();
  expect(await deviceOf()).toBe('wasm');
  await expect(remembered).toHaveCount(0);

  await panel.getByRole('button', { name: 'Compare both devices' }).click();
  await expect(panel.getByText('WebGPU: loading the model')).toBeVisible();
  await expect(panel.getByText(/is .* times as fast as|equally fast/)).toBeVisible({
    timeout: 240_000,
  });
  await expect(panel).toContainText('the ranking is the same');
  await expect(panel).toContainText('Compared on 2 of 2 documents');
  await expect(remembered).toContainText(/Automatic is (WASM|WebGPU) with this model/);
  expect(await seriousFindings(page)).toEqual([]);

  // Also after a reload, until it is forgotten.
  await page.reload();
  await expect(stampOf(page)).toBeVisible({ timeout: 180_000 });
  const badge = page.getByRole('button', { name: /Model and device/ });
  await badge.click();
  await expect(remembered).toBeVisible();
  expect(await seriousFindings(page)).toEqual([]);
  await remembered.getByRole('button', { name: 'Forget it' }).click();
  await expect(remembered).toHaveCount(0);
  expect(await page.evaluate(() => localStorage.getItem('crossrank.devices'))).toBeNull();
});

test('automatic is the device that is remembered as the faster one, for this adapter alone', async ({
  page,
}) => {
  test.setTimeout(300_000);
  await openRanked(page);
  const remember = (adapter: string | null) =>
    page.evaluate(async (name) => {
      const { webgpu } = await window.crossrank.devices();
      const faster = {
        device: 'webgpu',
        factor: 2,
        adapter: name ?? (webgpu.available ? webgpu.adapter : ''),
        comparedAt: 1,
      };
      const models = [['crossrank-tiny-en-zh', faster]];
      localStorage.setItem('crossrank.devices', JSON.stringify({ version: 1, models }));
    }, adapter);
  const badge = page.getByRole('button', { name: /Model and device/ });
  await remember('another adapter');
  await page.reload();
  await expect(stampOf(page)).toContainText('WASM');
  await remember(null);
  await page.reload();
  await expect(badge).toContainText('WebGPU · q8', { timeout: 180_000 });
  await badge.click();
  // A device that is chosen by name is stronger.
  await page.getByRole('radio', { name: /^WASM/ }).check();
  await expect(badge).toContainText('WASM · q8', { timeout: 60_000 });
});
