// Documents of a run: the shared passages where there are enough, variations of them beyond.

import { mixedPassages } from '../passages.mjs';

/** @typedef {{ query: string, documents: string[], source: string }} Documents */

/**
 * A query with `count` different documents of the lengths that passages of a web collection have.
 * Beyond the passages that there are, the same ones come again with their words turned round by
 * another place each time: other texts of the same length.
 * @param {number} count
 * @returns {Documents}
 */
export function documentsFor(count) {
  const { query, documents, source } = mixedPassages(count);
  const known = new Set(documents);
  for (let turn = 1; known.size < count && documents.length > 0; turn++) {
    for (const text of documents) {
      if (known.size >= count) break;
      known.add(turned(text, turn * 7));
    }
  }
  const varied = known.size > documents.length ? ', and variations' : '';
  return { query, documents: [...known].slice(0, count), source: `${source}${varied}` };
}

/** Short ones, for an adapter that computes in software. */
export function shortDocuments() {
  return {
    query: 'what?',
    documents: ['hi', 'Paris is a city.', 'The panda is a bear.', 'A loan is money, lent.'],
    source: 'short texts',
  };
}

/** @param {string} text @param {number} places */
function turned(text, places) {
  const words = text.split(' ');
  const at = places % words.length;
  return [...words.slice(at), ...words.slice(0, at)].join(' ');
}
