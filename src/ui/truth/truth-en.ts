/** English words of the panel about a run. */
export const truthEn = {
  label: 'How fast, and where the time went',
  /** Sentences one after the other; an empty one leaves no gap. */
  sentences: (all: readonly string[]) => all.filter((one) => one !== '').join(' '),
  before: 'Of the run before; this one is under way.',
  unknown: 'not known',
  figures: {
    tokens: 'Tokens per second',
    gflops: 'GFLOPS on the device',
    gflopsHint:
      'Arithmetic of linear layers and attention in 10⁹ operations per second, padding left out, by the time inside the runtime.',
    pairs: 'Pairs per second',
    scored: 'Scored',
    scoredValue: (pairs: string, plural: boolean, tokens: string) =>
      `${pairs} pair${plural ? 's' : ''}, ${tokens} tokens`,
    padding: 'Padding',
    paddingHint: 'Tokens that only fill rows up to the longest of their batch.',
    batches: 'Batches',
    batchesValue: (batches: string, tokens: string) => `${batches}, of at most ${tokens} tokens`,
    remembered: 'Remembered',
    rememberedValue: (remembered: string, documents: string) => `${remembered} of ${documents}`,
    rememberedHint: 'Documents whose scores were known from an earlier run of this query.',
    runsOn: 'Runs on',
    software: 'software adapter',
  },
  again: 'Score all again',
  againHint: 'Scores every document, also those whose scores are known.',
  copyMarkdown: 'Copy as Markdown',
  copyJson: 'Copy as JSON',
  parts: {
    heading: 'Where the time went',
    names: {
      queue: 'Queue',
      tokenize: 'Tokeniser',
      device: 'Device',
      transfer: 'Transfer',
      other: 'Other',
    },
    hints: {
      queue: 'waiting for earlier calls and for the model to load',
      tokenize: 'texts become token numbers',
      device: 'inside the runtime',
      transfer: 'inputs and logits, between page, worker and device',
      other: 'ordering, events, waiting',
    },
    part: 'Part',
    time: 'Time',
    share: 'Share',
    total: 'From its turn to the result',
    overlap: (time: string) =>
      `Some of it went on at the same time: the parts are ${time} more than the time that passed.`,
    gpu: (time: string, share: string) =>
      `By the GPU’s own clock it computed for ${time}, ${share} of the device’s time.`,
    noGpuClock: 'The browser does not offer the GPU’s own clock here.',
    noGpu: 'No GPU was used.',
  },
  timeline: {
    heading: 'Batches over time',
    text: (batches: string, plural: boolean, idle: string) =>
      `${batches} batch${plural ? 'es' : ''}, and ${idle} between them in which the device waited.`,
    merged: (batches: string) => `Each bar is up to ${batches} batches, drawn at their mean.`,
    key: 'The pale part of a bar is padding.',
    how: 'Point at a bar, or move along them with the arrow keys.',
    none: 'Nothing had to be scored, so there are no batches.',
    axis: 'tokens in a batch',
    time: 'ms',
    pick: 'Batch',
    one: (number: string, total: string) => `Batch ${number} of ${total}`,
    several: (first: string, last: string, total: string) =>
      `Batches ${first} to ${last} of ${total}`,
    shape: (rows: string, plural: boolean, width: string) =>
      `${rows} row${plural ? 's' : ''}, ${width} tokens wide`,
    tokens: (tokens: string, padding: string) => `${tokens} tokens, padding ${padding}`,
    took: (time: string, start: string) => `${time}, begun at ${start}`,
    gpu: (time: string) => `GPU ${time}`,
    columns: {
      batch: 'batch',
      start: 'start, ms',
      time: 'time, ms',
      rows: 'rows',
      width: 'width',
      tokens: 'tokens',
      padding: 'padding',
      gpu: 'GPU, ms',
    },
  },
  comparison: {
    heading: 'Is WebGPU worth it here?',
    noApi: 'This browser has no WebGPU, so there is nothing to compare: models run on WASM.',
    noAdapter:
      'WebGPU finds no graphics adapter here, so there is nothing to compare: models run on WASM.',
    intro:
      'Scores documents of this result on WASM and on WebGPU, in turns of some seconds, and remembers which one is faster with this model.',
    software: (adapter: string) =>
      `The only adapter, ${adapter}, computes on the CPU: it is far slower, so only a few documents are compared, and that may take minutes.`,
    compare: 'Compare both devices',
    again: 'Compare again',
    cancel: 'Cancel',
    busy: 'A collection is being scored; the comparison would be in its way.',
    starting: 'Looking at what is on this machine',
    loading: (device: string) => `${device}: loading the model`,
    warmingUp: (device: string) => `${device}: a first round that does not count`,
    round: (device: string, round: string, rounds: string) => `${device} ${round} of ${rounds}`,
    cancelled: 'Cancelled: nothing was remembered.',
    failed: 'The comparison failed.',
    notHere:
      'For one of the two devices this model has no weights on this machine. Load it there once, in Models, and compare then.',
    faster: (device: string, other: string, factor: string) =>
      `${device} is ${factor} times as fast as ${other} with this model here.`,
    same: 'Both are about equally fast with this model here.',
    used: (documents: string, total: string, tokens: string) =>
      `Compared on ${documents} of ${total} documents, ${tokens} tokens.`,
    agree: (difference: string) =>
      `The logits differ by ${difference} at most, and the ranking is the same.`,
    disagree: (difference: string) =>
      `The logits differ by ${difference} at most, and the ranking is not the same.`,
    tooFew: 'That is too little to decide by, so it is not remembered: compare on more documents.',
    columns: {
      device: 'Device',
      weights: 'Weights',
      time: 'Time, median',
      tokens: 'Tokens per second',
      rounds: 'Rounds',
    },
    chosen: (device: string) => `${device} was chosen by name, and stays.`,
    useAuto: 'Use the faster one',
  },
};

export type TruthDictionary = typeof truthEn;
