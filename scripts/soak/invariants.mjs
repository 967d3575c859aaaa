// What must hold after every step, whatever the step was.

import { setTimeout as wait } from 'node:timers/promises';
import { boxesOf } from './user.mjs';

/** @typedef {import('./user.mjs').User} User */

/** Time that the page has to follow a step. Milliseconds. */
const patienceMs = 10_000;

/**
 * @param {User} user
 * @returns {Promise<string | null>} what does not hold; null when all does
 */
export async function brokenInvariant(user) {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const broken = (await lostText(user)) ?? (await wrongRanking(user)) ?? (await deadPage(user));
    if (broken === null || performance.now() > deadline) return broken;
    await wait(100);
  }
}

/** @param {User} user */
async function lostText({ page, texts }) {
  const boxes = await boxesOf(page);
  if (boxes.query !== texts.query)
    return `The query is ${quote(boxes.query)}, not ${quote(texts.query)}.`;
  if (boxes.documents === texts.documents) return null;
  return `The documents are ${quote(boxes.documents)}, not ${quote(texts.documents)}.`;
}

/** Each document of the result stands in the list once. @param {User} user */
async function wrongRanking({ page }) {
  const lists = await page.locator('ol.ranking').evaluateAll((found) =>
    found.map((list) => ({
      // A list of many draws only what is in sight.
      whole: list.querySelector('li[aria-setsize]') === null,
      documents: [...list.querySelectorAll('li[data-document]')].map((row) =>
        Number(row.getAttribute('data-document')),
      ),
    })),
  );
  for (const { whole, documents } of lists) {
    const sorted = [...new Set(documents)].sort((a, b) => a - b);
    if (sorted.length !== documents.length) return 'A document stands in the ranking twice.';
    if (whole && sorted.some((index, at) => index !== at)) {
      return `The ranking is no permutation of its documents: ${sorted.join(' ')}.`;
    }
  }
  return null;
}

/** The page says something and can be used. @param {User} user */
async function deadPage({ page }) {
  return (await page.locator('main .button-main').isEnabled())
    ? null
    : 'The button that runs is gone.';
}

/** @param {string} text */
function quote(text) {
  return JSON.stringify(text.length > 120 ? `${text.slice(0, 60)} … ${text.slice(-60)}` : text);
}
