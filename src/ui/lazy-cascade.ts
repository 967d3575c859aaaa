import { lazy } from 'react';

/** What tells of a run with two models, fetched with the first one. */
const parts = () => import('./CascadeParts.tsx');

/** What stands over the documents that one of two models scored. */
export const CascadeMark = lazy(async () => ({ default: (await parts()).CascadeMark }));

/** Which of two models a logit is of. */
export const CascadeLogit = lazy(async () => ({ default: (await parts()).CascadeLogit }));

/** What the line between the two models' cards means. */
export const CascadeSides = lazy(async () => ({ default: (await parts()).CascadeSides }));

/** Which stage a run is in. */
export const CascadeProgress = lazy(async () => ({ default: (await parts()).CascadeProgress }));

/** What is known after a run with two models was cancelled. */
export const CascadeCancelled = lazy(async () => ({ default: (await parts()).CascadeCancelled }));

/** Why the strong model's scores are missing. */
export const CascadeFailure = lazy(async () => ({ default: (await parts()).CascadeFailure }));

/** What both models took. */
export const CascadeSummary = lazy(async () => ({ default: (await parts()).CascadeSummary }));

/** Both models, and what they took. */
export const CascadeStamp = lazy(async () => ({ default: (await parts()).CascadeStamp }));
