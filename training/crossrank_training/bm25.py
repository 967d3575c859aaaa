"""BM25 over token ids: a sparse matrix of term weights, so that a batch of queries is one sparse product."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import sparse

from .packing import TokenIds

BIGRAM_BITS = 20
BIGRAM_FACTOR = np.uint64(0x9E3779B97F4A7C15)


class BM25Index:
    """An index of documents given as token ids.

    k1, b: BM25's saturation and length constants (0.9 and 0.4 as in Anserini's defaults for passages).
    bigrams: also index hashed pairs of neighbouring tokens, which matters where a token is one Chinese character.
    ignore_below: token ids under this bound are no terms (special tokens and punctuation lie first).
    max_share: terms in a greater share of the documents are ignored; 1 ignores none.
    """

    def __init__(
        self,
        documents: Sequence[TokenIds],
        *,
        k1: float = 0.9,
        b: float = 0.4,
        bigrams: bool = False,
        ignore_below: int = 5,
        max_share: float = 1.0,
    ) -> None:
        if not len(documents):
            raise ValueError("an index needs at least one document")
        self._ignore_below = ignore_below
        self._bigrams = bigrams
        self._vocab_size = max((int(np.max(document)) for document in documents if len(document)), default=0) + 1
        counts = self._count_terms(documents)
        lengths = np.asarray(counts.sum(axis=1), np.float32).ravel()
        frequencies = np.bincount(counts.indices, minlength=counts.shape[1])
        rarity = np.log(1 + (len(documents) - frequencies + 0.5) / (frequencies + 0.5)).astype(np.float32)
        rarity[frequencies > max_share * len(documents)] = 0
        norm = k1 * (1 - b + b * lengths / max(float(lengths.mean()), 1e-9))
        owners = np.repeat(np.arange(len(documents)), np.diff(counts.indptr))
        weights = counts.data * (k1 + 1) / (counts.data + norm[owners]) * rarity[counts.indices]
        matrix = sparse.csr_matrix((weights.astype(np.float32), counts.indices, counts.indptr), shape=counts.shape)
        matrix.eliminate_zeros()
        self._terms_by_document = matrix.T.tocsr()

    def scores(self, queries: Sequence[TokenIds]) -> np.ndarray:
        """float32 [queries, documents]; a term that the query repeats counts once."""
        return self._multiply(queries).toarray()

    def top(self, queries: Sequence[TokenIds], k: int) -> tuple[np.ndarray, np.ndarray]:
        """(document numbers int32, scores float32), both [queries, k], best first, equal scores by number.

        Where fewer than k documents share a term with the query, the rest is -1 with score 0.
        """
        numbers = np.full((len(queries), k), -1, np.int32)
        scores = np.zeros((len(queries), k), np.float32)
        batch = 512
        for start in range(0, len(queries), batch):
            product = self._multiply(queries[start : start + batch])
            for row in range(product.shape[0]):
                begin, end = product.indptr[row], product.indptr[row + 1]
                found, values = product.indices[begin:end], product.data[begin:end]
                if len(found) > k:
                    # Every document that ties with the k-th stays, so that the order does not hang on chance.
                    bound = np.partition(values, len(values) - k)[len(values) - k]
                    found, values = found[values >= bound], values[values >= bound]
                best = np.lexsort((found, -values))[:k]
                numbers[start + row, : len(best)] = found[best]
                scores[start + row, : len(best)] = values[best]
        return numbers, scores

    def _multiply(self, queries: Sequence[TokenIds]) -> sparse.csr_matrix:
        asked = self._count_terms(queries)
        asked.data[:] = 1
        return (asked @ self._terms_by_document).tocsr()

    def _count_terms(self, texts: Sequence[TokenIds]) -> sparse.csr_matrix:
        """Term counts, float32 [texts, terms]; tokens that no document holds are left out."""
        lengths = np.array([len(text) for text in texts])
        flat = np.concatenate([np.asarray(text, np.int64) for text in texts]) if lengths.sum() else np.zeros(0, np.int64)
        owners = np.repeat(np.arange(len(texts)), lengths)
        known = (flat >= self._ignore_below) & (flat < self._vocab_size)
        rows, columns = owners[known], flat[known]
        width = self._vocab_size
        if self._bigrams:
            follows = known[:-1] & known[1:] & (owners[:-1] == owners[1:])
            first, second = flat[:-1][follows].astype(np.uint64), flat[1:][follows].astype(np.uint64)
            hashed = ((first << np.uint64(BIGRAM_BITS)) | second) * BIGRAM_FACTOR >> np.uint64(64 - BIGRAM_BITS)
            rows = np.concatenate([rows, owners[:-1][follows]])
            columns = np.concatenate([columns, width + hashed.astype(np.int64)])
            width += 1 << BIGRAM_BITS
        # csr_matrix adds up repeated places, which is the count.
        counts = sparse.csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape=(len(texts), width))
        counts.sort_indices()
        return counts
