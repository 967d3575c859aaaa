import { toRerankError } from '../core/errors.ts';
import type { OnnxSession } from './onnx-session.ts';
import { type EncodedPair, encodePair, encodeQuery } from './pairs.ts';
import type { TestPair } from './self-test.ts';
import type { PairTokenizer } from './tokenizer.ts';

/** What pairs of a self-test are read with. */
export interface TestReading {
  readonly tokenizer: PairTokenizer;
  /** Longest pair. Tokens. */
  readonly maxLength: number;
}

/** Runs pairs as one batch, of a width that later batches have, too. */
export async function scoreTogether(
  session: OnnxSession,
  pairs: readonly TestPair[],
  { tokenizer: { encode, layout }, maxLength }: TestReading,
): Promise<readonly number[]> {
  const encoded: EncodedPair[] = pairs.map(({ query, document }) =>
    encodePair(encodeQuery(query, encode, layout, maxLength), document, encode, layout, maxLength),
  );
  const longest = Math.max(...encoded.map(({ ids }) => ids.length));
  const { widthStep } = session;
  const width = Math.min(maxLength, Math.ceil(longest / widthStep) * widthStep);
  const { logits } = await session.logitsOf({ rows: encoded.map((_, row) => row), width }, encoded);
  return [...logits];
}

/**
 * Scores pairs one by one on a session made for that alone.
 * @param pause called between the steps; what it throws ends the work
 * @throws RerankError of the session, or `inference-failed`
 */
export async function scoreOnce(
  create: () => Promise<OnnxSession>,
  pairs: readonly TestPair[],
  reading: TestReading,
  pause: () => Promise<void>,
): Promise<readonly number[]> {
  const session = await create();
  try {
    const logits: number[] = [];
    for (const pair of pairs) {
      await pause();
      const [logit = Number.NaN] = await scoreTogether(session, [pair], reading);
      logits.push(logit);
    }
    return logits;
  } catch (error) {
    throw toRerankError(error, 'inference-failed');
  } finally {
    await session.dispose().catch(() => undefined);
  }
}
