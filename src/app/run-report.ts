import type { DeviceReport } from '../engine/device.ts';
import type { LoadedModel } from '../engine/reranker.ts';
import {
  documentsTimed,
  type FinishedResult,
  isOfTwo,
  runTruth,
  type TimePartName,
} from './run-truth.ts';

/** Where a run was made. */
export interface RunMachine {
  /** As the browser calls itself. */
  readonly browser: string;
  /** Logical processors; null while not known. */
  readonly cores: number | null;
  /** As the browser tells it, rounded and capped; null when not told. */
  readonly memoryBytes: number | null;
}

/** The machine that the page is on, as far as a browser tells. */
export function machineOf(devices: DeviceReport | null): RunMachine {
  return {
    browser: navigator.userAgent,
    cores: devices?.cores ?? null,
    memoryBytes: devices?.memoryBytes ?? null,
  };
}

/** A run as a table in Markdown, in English, for a report that others compare with theirs. */
export function runMarkdown(result: FinishedResult, machine: RunMachine) {
  const { model, timings } = result;
  const truth = runTruth(timings);
  const { gpuMs, remembered, paddedShare } = timings;
  const overlap =
    truth.overlapMs >= 0.05 ? [['Of these at the same time', ms(truth.overlapMs)]] : [];
  const rows: readonly (readonly string[])[] = [
    ['Model', `${model.model} ${model.revision}, ${model.dtype}`],
    ['Device', deviceText(model)],
    ['Browser', machine.browser],
    ['Machine', machineText(machine)],
    ...stageRows(result),
    ['Documents', `${count(documentsTimed(result))}, of which ${count(remembered)} remembered`],
    ['Pairs scored', `${count(timings.pairs)}, ${count(timings.tokens)} tokens`],
    ['Batches', `${count(timings.batches)} of at most ${count(timings.tokenBudget)} tokens`],
    ['Padding', `${(paddedShare * 100).toFixed(1)} %`],
    ['Time', ms(timings.totalMs)],
    ['Tokens per second', orUnknown(truth.tokensPerSecond)],
    ['Pairs per second', orUnknown(truth.pairsPerSecond)],
    ['GFLOPS on the device', orUnknown(truth.gflops)],
    ...truth.parts.map((part) => [partTexts[part.name], ms(part.ms)]),
    ...overlap,
    ['GPU, by its own clock', gpuMs === null ? 'not offered' : ms(gpuMs)],
  ];
  const lines = rows.map(([name = '', value = '']) => `| ${name} | ${cell(value)} |`);
  return `${['| | |', '|---|---|', ...lines].join('\n')}\n`;
}

/** A run with every batch, for programs. */
export function runJson(result: FinishedResult, machine: RunMachine) {
  const { model, timings } = result;
  const { tokensPerSecond, pairsPerSecond, gflops } = runTruth(timings);
  return JSON.stringify(
    {
      version: 1,
      machine,
      ...model,
      documents: documentsTimed(result),
      figures: { tokensPerSecond, pairsPerSecond, gflops },
      timings,
      ...(isOfTwo(result) && {
        cascade: {
          depth: result.cascade.depth,
          fast: { documents: result.documents.length, ...result.cascade.fastRun },
        },
      }),
    },
    null,
    2,
  );
}

/** What went before, where the table is about the second of two models. */
function stageRows(result: FinishedResult): readonly (readonly string[])[] {
  const fast = isOfTwo(result) ? result.cascade.fastRun : null;
  if (fast === null) return [];
  const { model, revision, dtype } = fast.model;
  const documents = `${count(result.documents.length)} documents in ${ms(fast.timings.totalMs)}`;
  return [['Cascade, stage 1 of 2', `${model} ${revision}, ${dtype}: ${documents}`]];
}

const partTexts: Readonly<Record<TimePartName, string>> = {
  queue: 'Queue and loading',
  tokenize: 'Tokeniser',
  device: 'Device time',
  transfer: 'Transfer',
  other: 'Other',
};

function deviceText({ device, adapter, softwareAdapter, threads }: LoadedModel): string {
  if (device !== 'webgpu') return `WASM, ${threads} thread${threads === 1 ? '' : 's'}`;
  return `WebGPU, ${adapter ?? 'unnamed adapter'}${softwareAdapter ? ' (software adapter)' : ''}`;
}

function machineText({ cores, memoryBytes }: RunMachine): string {
  const parts = [
    ...(cores === null ? [] : [`${cores} logical processors`]),
    ...(memoryBytes === null ? [] : [`${count(memoryBytes / 2 ** 30)} GiB of memory or more`]),
  ];
  return parts.length === 0 ? 'not known' : parts.join(', ');
}

function orUnknown(value: number | null): string {
  if (value === null) return 'not known';
  return value < 100 ? value.toFixed(1) : count(value);
}

function ms(value: number): string {
  return `${value < 100 ? value.toFixed(1) : count(value)} ms`;
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en');
}

/** A name with a bar or a line break in it would end the cell. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll(/\s+/gu, ' ');
}
