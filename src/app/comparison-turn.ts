/**
 * The comparison of devices that is under way, so that whatever else wants the model can end it
 * without fetching what compares.
 */
let running: AbortController | null = null;

/** Ends the comparison before, if one is under way, and begins another. */
export function beginComparison(): AbortSignal {
  running?.abort();
  running = new AbortController();
  return running.signal;
}

/** Ends the comparison, since the model is wanted: whoever calls this says what is loaded next. */
export function giveWayToOthers(): void {
  running?.abort(gaveWay);
}

/** Ends the comparison, and what was chosen is loaded again. */
export function stopComparison(): void {
  running?.abort();
}

/** Whether it ended since the model was wanted for something else. */
export function hasGivenWay(signal: AbortSignal): boolean {
  return signal.aborted && signal.reason === gaveWay;
}

/** Whether no other comparison was begun since. */
export function isNewest(signal: AbortSignal): boolean {
  return running?.signal === signal;
}

const gaveWay = new DOMException('The model was wanted.', 'AbortError');
