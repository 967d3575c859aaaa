/** English words about runs that went on after a failure, while they go on and afterwards. */
export const recoveryEn = {
  goesOn: {
    'device-lost':
      'The GPU was lost. The model is started again on it, and the run goes on from the scores that are known.',
    'out-of-memory':
      'A batch did not fit into memory. The model is started again, and the run goes on with smaller batches.',
    'worker-crashed':
      'The scoring worker stopped. It is started again, and the run goes on from the scores that are known.',
  },
  wentOn: {
    'device-lost':
      'The GPU was lost during this run. The model was started again on it, and the scores that were known were kept.',
    'out-of-memory':
      'A batch did not fit into memory during this run. The model was started again, with smaller batches, which give the same scores.',
    'worker-crashed':
      'The scoring worker stopped during this run. It was started again, and the scores that were known were kept.',
  },
};

export type RecoveryDictionary = typeof recoveryEn;
