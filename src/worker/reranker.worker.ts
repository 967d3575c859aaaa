import { CrossEncoder } from '../engine/cross-encoder.ts';
import { readModelFiles } from '../models/model-files.ts';
import { reportRequests } from './report-requests.ts';
import { explainRuntime, openRuntime } from './runtime.ts';
import { serveReranker } from './serve-reranker.ts';

reportRequests();

// A relative base (`./`) is meant from the page, and this file lies in the folder of assets.
const base = import.meta.env.BASE_URL;
const appModelsUrl = new URL(base === './' ? '../models/' : `${base}models/`, import.meta.url).href;

serveReranker(
  (source) =>
    new CrossEncoder(source, {
      openRuntime,
      explainRuntime,
      readModel: (wanted, options) => readModelFiles(wanted, { ...options, appModelsUrl }),
    }),
);
