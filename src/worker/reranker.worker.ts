import { CrossEncoder } from '../engine/cross-encoder.ts';
import { readModelFiles } from '../models/model-files.ts';
import { openRuntime } from './runtime.ts';
import { serveReranker } from './serve-reranker.ts';

// A relative base (`./`) is meant from the page, and this file lies in the folder of assets.
const base = import.meta.env.BASE_URL;
const appModelsUrl = new URL(base === './' ? '../models/' : `${base}models/`, import.meta.url).href;

serveReranker(
  (source) =>
    new CrossEncoder(source, {
      openRuntime,
      readModel: (wanted, options) => readModelFiles(wanted, { ...options, appModelsUrl }),
    }),
);
