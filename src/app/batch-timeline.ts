import type { RerankTimings } from '../engine/reranker.ts';

type Batches = RerankTimings['timeline'];

/** One bar of the timeline: one batch, or some that follow each other. */
export interface TimelineColumn {
  /** Number of the first batch, from 1, and how many there are. */
  readonly first: number;
  readonly batches: number;
  readonly startMs: number;
  readonly endMs: number;
  /** Inside the runtime, all batches added. */
  readonly busyMs: number;
  readonly rows: number;
  /** The widest of them. */
  readonly width: number;
  readonly tokens: number;
  /** With padding. */
  readonly paddedTokens: number;
  /** Arithmetic by the GPU's own clock; null where one of them has none. */
  readonly gpuMs: number | null;
}

/**
 * The batches as bars, in their order: one each, or where there are too many as many to a bar as it
 * takes, always the same number but for the last.
 * @param most bars at most, >= 1
 */
export function timelineColumns(timeline: Batches, most: number): readonly TimelineColumn[] {
  const size = Math.max(1, Math.ceil(timeline.length / Math.max(1, Math.floor(most))));
  const columns: TimelineColumn[] = [];
  for (let at = 0; at < timeline.length; at += size) {
    columns.push(columnOf(timeline.slice(at, at + size), at + 1));
  }
  return columns;
}

/** The bar nearest to a moment, by its place; null where there are none. */
export function columnAt(columns: readonly TimelineColumn[], ms: number): number | null {
  let nearest: number | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const [place, { startMs, endMs }] of columns.entries()) {
    const distance = Math.max(startMs - ms, ms - endMs, 0);
    if (distance >= least) continue;
    nearest = place;
    least = distance;
  }
  return nearest;
}

/** The time from the first batch to the last in which no batch was at work, in milliseconds. */
export function idleMs(timeline: Batches): number {
  let idle = 0;
  let until = timeline[0]?.startMs ?? 0;
  for (const { startMs, endMs } of timeline) {
    idle += Math.max(0, startMs - until);
    until = Math.max(until, endMs);
  }
  return idle;
}

function columnOf(batches: Batches, first: number): TimelineColumn {
  const sum = (of: (batch: Batches[number]) => number): number =>
    batches.reduce((total, batch) => total + of(batch), 0);
  const onGpu = batches.every(({ gpuMs }) => gpuMs !== null);
  return {
    first,
    batches: batches.length,
    startMs: batches[0]?.startMs ?? 0,
    endMs: batches.reduce((last, { endMs }) => Math.max(last, endMs), 0),
    busyMs: sum(({ startMs, endMs }) => endMs - startMs),
    rows: sum(({ rows }) => rows),
    width: batches.reduce((widest, { width }) => Math.max(widest, width), 0),
    tokens: sum(({ tokens }) => tokens),
    paddedTokens: sum(({ rows, width }) => rows * width),
    gpuMs: onGpu ? sum(({ gpuMs }) => gpuMs ?? 0) : null,
  };
}
