// Renders public/icon.svg as the PNG icons that installing the app needs: `npm run icons`

import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { chromium } from '@playwright/test';
import { chromiumFlags, ensureChromium } from './chromium.mjs';
import { root } from './packages.mjs';

/** @typedef {{ file: string, pixels: number, share: number, filled: boolean }} Icon */

/**
 * `share` is how much of the width the drawing takes. Filled icons have no corners of their own:
 * the system cuts them, of a maskable one at most to the circle of 80 % of its width
 * (https://www.w3.org/TR/appmanifest/#icon-masks).
 * @type {readonly Icon[]}
 */
const icons = [
  { file: 'icon-192.png', pixels: 192, share: 1, filled: false },
  { file: 'icon-512.png', pixels: 512, share: 1, filled: false },
  { file: 'icon-maskable-512.png', pixels: 512, share: 0.8, filled: true },
  { file: 'apple-touch-icon.png', pixels: 180, share: 0.9, filled: true },
];

const folder = path.join(root, 'public', 'icons');
const drawing = readFileSync(path.join(root, 'public', 'icon.svg'), 'utf8');
const background = /<rect [^>]*fill="(#\w+)"/.exec(drawing)?.[1];
if (background === undefined) throw new Error('public/icon.svg has no background to go on with.');

mkdirSync(folder, { recursive: true });
const browser = await chromium.launch({ executablePath: ensureChromium(), args: chromiumFlags });
try {
  const page = await browser.newPage();
  for (const { file, pixels, share, filled } of icons) {
    const size = pixels * share;
    const around = (pixels - size) / 2;
    await page.setViewportSize({ width: pixels, height: pixels });
    await page.setContent(
      `<style>body { margin: 0; background: ${filled ? background : 'transparent'} }
      svg { display: block; margin: ${around}px; width: ${size}px; height: ${size}px }</style>${drawing}`,
    );
    await page.screenshot({ path: path.join(folder, file), omitBackground: true });
  }
} finally {
  await browser.close();
}
