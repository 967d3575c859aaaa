// How measurements are summed up and printed.

import os from 'node:os';

/** NaN for no values. */
export function median(/** @type {readonly number[]} */ values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  if (sorted.length % 2 === 1) return sorted[Math.floor(middle)] ?? Number.NaN;
  return ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

/** Median of what was measured at all; null when nothing was. */
export function medianOrNull(/** @type {readonly (number | null)[]} */ values) {
  const measured = values.filter((value) => value !== null);
  return measured.length === 0 ? null : median(measured);
}

export function seconds(/** @type {number | null} */ ms) {
  return ms === null ? 'not measured' : `${(ms / 1000).toFixed(2)} s`;
}

export function megabytes(/** @type {number | null} */ bytes) {
  return bytes === null ? 'not measured' : `${(bytes / 1e6).toFixed(0)} MB`;
}

/**
 * Columns as wide as their widest cell; all but the first are set right.
 * @param {readonly string[]} head
 * @param {readonly (readonly string[])[]} rows
 */
export function printTable(head, rows) {
  const lines = [head, ...rows];
  const widths = head.map((_, column) =>
    Math.max(...lines.map((cells) => cells[column]?.length ?? 0)),
  );
  for (const cells of lines) {
    const padded = widths.map((width, column) => {
      const cell = cells[column] ?? '';
      return column === 0 ? cell.padEnd(width) : cell.padStart(width);
    });
    console.log(padded.join('   ').trimEnd());
  }
}

/** What somebody else needs to judge the figures. */
export function describeMachine() {
  const cpus = os.cpus();
  return {
    cpu: cpus[0]?.model ?? 'unknown CPU',
    logicalCores: cpus.length,
    memoryBytes: os.totalmem(),
    system: `${os.type()} ${os.release()}`,
    node: process.versions.node,
  };
}
