import { describe, expect, test } from 'vitest';
import { type RunMachine, runJson, runMarkdown } from './run-report.ts';
import { finishedRun } from './run-samples.ts';

const machine: RunMachine = {
  browser: 'Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0',
  cores: 2,
  memoryBytes: 8 * 2 ** 30,
};

describe('a run as Markdown', () => {
  test('is one table with all that a comparison needs', () => {
    const rows = rowsOf(runMarkdown(finishedRun({ remembered: 1 }), machine));
    expect(rows.slice(0, 2)).toEqual([
      ['', ''],
      ['---', '---'],
    ]);
    expect(new Map(rows.slice(2).map(([name = '', value = '']) => [name, value]))).toEqual(
      new Map([
        ['Model', 'crossrank-tiny-en-zh v0, q8'],
        ['Device', 'WASM, 2 threads'],
        ['Browser', machine.browser],
        ['Machine', '2 logical processors, 8 GiB of memory or more'],
        ['Documents', '2, of which 1 remembered'],
        ['Pairs scored', '100, 9,644 tokens'],
        ['Batches', '2 of at most 5,000 tokens'],
        ['Padding', '2.1 %'],
        ['Time', '1,100 ms'],
        ['Tokens per second', '8,767'],
        ['Pairs per second', '90.9'],
        ['GFLOPS on the device', '53.9'],
        ['Queue and loading', '3.0 ms'],
        ['Tokeniser', '41.0 ms'],
        ['Device time', '1,020 ms'],
        ['Transfer', '9.0 ms'],
        ['Other', '30.0 ms'],
        ['GPU, by its own clock', 'not offered'],
      ]),
    );
  });

  test('names the adapter, and says when it computes on the CPU', () => {
    const run = finishedRun({ gpuMs: 12.34 });
    const model = {
      ...run.model,
      device: 'webgpu',
      adapter: 'a|b\nc',
      softwareAdapter: true,
    } as const;
    const text = runMarkdown({ ...run, model }, { ...machine, cores: null, memoryBytes: null });
    expect(text).toContain('| Device | WebGPU, a\\|b c (software adapter) |');
    expect(text).toContain('| GPU, by its own clock | 12.3 ms |');
    expect(text).toContain('| Machine | not known |');
  });

  test('says what is not known, and what went on at the same time', () => {
    const text = runMarkdown(
      finishedRun({ pairs: 0, tokens: 0, flop: null, totalMs: 50, inferenceMs: 60 }),
      machine,
    );
    expect(text).toContain('| Tokens per second | not known |');
    expect(text).toContain('| GFLOPS on the device | not known |');
    expect(text).toContain('| Of these at the same time | 60.0 ms |');
  });
});

test('a run as JSON has the figures, every batch and no texts', () => {
  const run = finishedRun({});
  const json: unknown = JSON.parse(runJson(run, machine));
  expect(json).toMatchObject({
    version: 1,
    machine,
    model: 'crossrank-tiny-en-zh',
    device: 'wasm',
    documents: 2,
    figures: { pairsPerSecond: 90.9 },
    timings: run.timings,
  });
});

function rowsOf(markdown: string): string[][] {
  return markdown
    .trimEnd()
    .split('\n')
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((text) => text.trim()),
    );
}
