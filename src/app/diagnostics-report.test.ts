import { expect, test } from 'vitest';
import type { LoadedModel } from '../engine/reranker.ts';
import { loadedOnWasm } from '../engine/result-samples.ts';
import { embeddedModel } from '../models/embedded-model.ts';
import { type DiagnosticsReport, modelFactsOf, reportText } from './diagnostics-report.ts';

const loaded: LoadedModel = {
  ...loadedOnWasm,
  model: embeddedModel.id,
  revision: embeddedModel.revision,
  selfTest: {
    verdict: 'passed',
    against: 'published',
    source: '',
    pairs: [],
    largestDifference: 0.001,
    tolerance: 0.05,
    reason: '',
  },
  stepDowns: [
    {
      from: { device: 'webgpu', dtype: 'q8' },
      to: { device: 'wasm', dtype: 'q8' },
      code: 'device-lost',
      reason: 'The GPU was lost over MARKER.',
    },
  ],
};

test('a model of the catalog is named, with what it was stepped down from', () => {
  expect(modelFactsOf({ phase: 'ready', model: loaded })).toMatchObject({
    model: embeddedModel.id,
    revision: embeddedModel.revision,
    device: 'wasm',
    selfTest: 'passed',
    stepDowns: ['webgpu to wasm: device-lost'],
  });
});

test('a model of the user’s own has neither name nor revision, and no reason is quoted', () => {
  const own = { ...loaded, model: 'MARKER/reranker', revision: 'MARKER' };
  const facts = modelFactsOf({ phase: 'ready', model: own });
  expect(facts).toMatchObject({ model: 'other', revision: null });
  expect(JSON.stringify(facts)).not.toContain('MARKER');
  const failure = { code: 'model-not-found', detail: 'MARKER is not there' } as const;
  const failed = modelFactsOf({ phase: 'failed', failure });
  expect(failed).toMatchObject({ phase: 'failed', failure: 'model-not-found', model: null });
  expect(JSON.stringify(failed)).not.toContain('MARKER');
});

test('the report in Markdown has a heading per part and a line per fact', () => {
  const report: DiagnosticsReport = {
    version: 1,
    app: { version: '0.1.0', build: 'abc', view: 'models', language: 'en', theme: 'auto' },
    offline: { phase: 'none', reason: 'waiting', update: 'none' },
    browser: {
      userAgent: 'Browser/1',
      brands: [],
      platform: 'Linux',
      cores: 2,
      memoryGiB: null,
      languages: ['en', 'zh'],
      online: true,
      window: { width: 360, height: 740, density: 2 },
    },
    wasm: {
      simd: true,
      threads: true,
      isolation: 'isolated',
      suspending: false,
      memory64: false,
    },
    webgpu: { available: false, reason: 'no-api' },
    storage: {
      usedBytes: 1,
      quotaBytes: 2,
      persisted: null,
      trials: {
        'local-storage': { works: true },
        'indexed-db': { works: false, error: 'SecurityError' },
        opfs: { works: false, error: null },
        'cache-storage': { works: true },
      },
    },
    model: modelFactsOf({ phase: 'none' }),
    errors: [],
    checks: [{ name: 'opfs', verdict: 'failed', ms: 3, code: 'SecurityError' }],
  };
  const text = reportText(report);
  expect(text.match(/^## \w+/gm)).toEqual(
    ['app', 'offline', 'browser', 'wasm', 'webgpu', 'storage', 'model', 'errors', 'checks'].map(
      (part) => `## ${part}`,
    ),
  );
  expect(text).toContain('- languages: en, zh');
  expect(text).toContain('- memoryGiB: unknown');
  expect(text).toContain('"indexed-db":{"works":false,"error":"SecurityError"}');
  expect(text).toContain('## errors\n- none');
  expect(text).toContain('"name":"opfs","verdict":"failed"');
});
