// Texts of mixed length for benches: real passages where the shared collections lie beside the
// project, generated ones of like lengths everywhere else.

import { existsSync, readFileSync } from 'node:fs';
import { root } from '../scripts/packages.mjs';

const firstStage = `${root}/../shared/eval/trec-dl19/first-stage-bm25.json`;

/**
 * A query with `count` different documents.
 * @param {number} count
 * @returns {{ query: string, documents: string[], source: string }}
 */
export function mixedPassages(count) {
  return existsSync(firstStage) ? realPassages(count) : generatedPassages(count);
}

function realPassages(/** @type {number} */ count) {
  /** @type {{ query: string, hits: { content: string }[] }[]} */
  const lists = JSON.parse(readFileSync(firstStage, 'utf8'));
  const documents = [];
  // One query's list first, as a retriever gives it; more lists only for more documents.
  for (const { hits } of lists) documents.push(...hits.map(({ content }) => oneLine(content)));
  const distinct = [...new Set(documents)].slice(0, count);
  return { query: lists[0]?.query ?? '', documents: distinct, source: 'TREC DL19 passages' };
}

/** Lengths follow a log-normal around 55 words, as passages of a web collection do. */
function generatedPassages(/** @type {number} */ count) {
  const words = 'the a of in to and is for loan river stone paper city water night long'.split(' ');
  let state = 12_345;
  const random = () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return (state + 0.5) / 2_147_483_648;
  };
  const documents = Array.from({ length: count }, (_, number) => {
    const normal = Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
    const length = Math.max(15, Math.min(160, Math.round(55 * Math.exp(0.45 * normal))));
    const text = Array.from({ length }, () => words[Math.floor(random() * words.length)]);
    return `${number} ${text.join(' ')}.`;
  });
  return { query: 'how long is the river in the city', documents, source: 'generated passages' };
}

function oneLine(/** @type {string} */ text) {
  return text.replace(/\s+/g, ' ').trim();
}
