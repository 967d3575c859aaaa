import { describe, expect, it } from 'vitest';
import { RerankError } from '../core/errors.ts';
import { BatchError } from './batch-error.ts';
import { Recoveries } from './recovery.ts';

const minuteMs = 60_000;
const lost = new RerankError('device-lost', 'lost');
const crashed = new RerankError('worker-crashed', 'crashed');

function tooLarge(rows: number, width = 64): BatchError {
  return new BatchError('out-of-memory', 'no room', { rows, width });
}

describe('a lost GPU and a crashed worker', () => {
  it('are made good once in ten minutes each, by whichever run', () => {
    let now = 0;
    const recoveries = new Recoveries(() => now);
    const first = recoveries.ofRun('a');
    expect(first(lost)).toEqual({ type: 'recovering', code: 'device-lost', attempt: 1 });
    expect(first(crashed)).toEqual({ type: 'recovering', code: 'worker-crashed', attempt: 2 });
    now = 9 * minuteMs;
    expect(recoveries.ofRun('b')(lost)).toBeNull();
    // Ten minutes since the last one, not since the first.
    now = 11 * minuteMs;
    expect(recoveries.ofRun('b')(lost)).toBeNull();
    now = 22 * minuteMs;
    expect(recoveries.ofRun('b')(lost)).not.toBeNull();
  });

  it('are made good again in a run of hours', () => {
    let now = 0;
    const judge = new Recoveries(() => now).ofRun('a');
    const attempts = [0, 15, 30].map((minutes) => {
      now = minutes * minuteMs;
      return judge(lost)?.attempt;
    });
    expect(attempts).toEqual([1, 2, 3]);
  });
});

describe('too little memory', () => {
  it('is answered with half the tokens of the batch that failed, by model and device', () => {
    const recoveries = new Recoveries();
    const judge = recoveries.ofRun('a');
    expect(recoveries.mostTokensOf('a')).toBeNull();
    expect(judge(tooLarge(16))).toMatchObject({ code: 'out-of-memory', attempt: 1 });
    expect(recoveries.mostTokensOf('a')).toBe(512);
    expect(judge(tooLarge(7))).toMatchObject({ attempt: 2 });
    expect(recoveries.mostTokensOf('a')).toBe(224);
    expect(recoveries.mostTokensOf('b')).toBeNull();
  });

  it('is not answered with larger batches where a longer pair fails by itself', () => {
    const recoveries = new Recoveries();
    recoveries.ofRun('a')(tooLarge(4));
    expect(recoveries.mostTokensOf('a')).toBe(128);
    recoveries.ofRun('a')(tooLarge(1, 512));
    expect(recoveries.mostTokensOf('a')).toBe(128);
  });

  it('ends a run when a pair by itself has failed in a worker that was new', () => {
    const recoveries = new Recoveries();
    const judge = recoveries.ofRun('a');
    expect(judge(tooLarge(1, 512))).not.toBeNull();
    expect(judge(tooLarge(1, 512))).toBeNull();
    expect(recoveries.mostTokensOf('a')).toBe(256);
    // Another run has other pairs.
    expect(recoveries.ofRun('a')(tooLarge(1, 512))).not.toBeNull();
  });
});

it('of any other kind end the run', () => {
  const judge = new Recoveries().ofRun('a');
  for (const code of ['aborted', 'inference-failed', 'session-failed', 'disposed'] as const) {
    expect(judge(new RerankError(code, 'no'))).toBeNull();
  }
});
