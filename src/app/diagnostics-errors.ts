import { createStore } from 'zustand/vanilla';
import { RerankError } from '../core/errors.ts';
import type { RecoveredCode } from '../engine/reranker.ts';
import type { Failure } from './store.ts';

/** One place in a script of this app. */
export interface Frame {
  /** Name of the function as the build wrote it; empty where it has none. */
  readonly name: string;
  /** File name alone, without the address. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** What is kept of an error: never its message, which may quote what somebody typed. */
export interface NotedError {
  /** Counts up from 1 in this session. */
  readonly number: number;
  /** Milliseconds since the page was opened. */
  readonly atMs: number;
  /** Drawing a view, outside of any view, a promise that nobody waited for, a run, a model. */
  readonly where: 'view' | 'page' | 'promise' | 'run' | 'model';
  /** Class of the error, `TypeError` for example. */
  readonly kind: string;
  /** Set for errors of the library. */
  readonly code: Failure['code'] | null;
  /** Whether the app made it good by itself and went on. */
  readonly recovered: boolean;
  readonly frames: readonly Frame[];
}

/** Errors kept; the oldest goes first. */
const mostErrors = 20;

const mostFrames = 12;

/** The errors of this session, newest first. In memory alone: nothing of them is stored or sent. */
export const errorsStore = createStore<readonly NotedError[]>(() => []);

/** Keeps the class, the code and the places of an error. */
export function noteError(where: NotedError['where'], thrown: unknown): NotedError {
  return note({
    where,
    kind: kindOf(thrown),
    code: thrown instanceof RerankError ? thrown.code : null,
    recovered: false,
    frames: framesOf(thrown),
  });
}

/** Keeps the code of a failed run or load, which the page has told already. */
export function noteFailure(where: 'run' | 'model', { code }: Failure): void {
  note({ where, kind: 'RerankError', code, recovered: false, frames: [] });
}

/** Keeps the code of a failure that a run has gone on after. */
export function noteRecovered(code: RecoveredCode): void {
  note({ where: 'run', kind: 'RerankError', code, recovered: true, frames: [] });
}

/** The class of what was thrown; its name alone could have been chosen by anybody. */
export function kindOf(thrown: unknown): string {
  if (!(thrown instanceof Error || thrown instanceof DOMException)) return typeof thrown;
  return /^[A-Za-z]{1,40}$/.test(thrown.name) ? thrown.name : 'Error';
}

/**
 * The places of an error in this app's own scripts, the innermost first; at most twelve. The
 * message, which leads the stack in Chromium, is cut off before the stack is read.
 */
export function framesOf(thrown: unknown): readonly Frame[] {
  if (!(thrown instanceof Error) || typeof thrown.stack !== 'string') return [];
  const { stack, message } = thrown;
  const messageAt = stack.indexOf(`: ${message}`);
  const isLed = message !== '' && messageAt !== -1 && !stack.slice(0, messageAt).includes('\n');
  return stack
    .slice(isLed ? messageAt + 2 + message.length : 0)
    .split('\n')
    .map(frameIn)
    .filter((frame) => frame !== null)
    .slice(0, mostFrames);
}

/** Chromium: `at name (address:1:2)`. Firefox and Safari: `name@address:1:2`. */
const framePattern =
  /^(?:at )?(?:async )?(?:new )?(?:([\w$.]{1,60})(?: \(|@))?@?(https?:[^\s()]+):(\d+):(\d+)\)?$/;

function frameIn(line: string): Frame | null {
  const found = framePattern.exec(line.trim());
  if (found === null) return null;
  const [, name = '', address = '', row, column] = found;
  const file = fileOf(address);
  return file === null ? null : { name, file, line: Number(row), column: Number(column) };
}

/** The file's name where the address is one of this origin's scripts, else null. */
function fileOf(address: string): string | null {
  if (!address.startsWith(`${location.origin}/`)) return null;
  const path = address.replace(/[?#].*$/, '');
  const name = path.slice(path.lastIndexOf('/') + 1);
  return /^[\w.-]{1,80}\.(?:m?js|tsx?)$/.test(name) ? name : null;
}

function note(error: Omit<NotedError, 'number' | 'atMs'>): NotedError {
  const before = errorsStore.getState();
  const noted = {
    ...error,
    number: (before[0]?.number ?? 0) + 1,
    atMs: Math.round(performance.now()),
  };
  errorsStore.setState([noted, ...before].slice(0, mostErrors), true);
  return noted;
}
