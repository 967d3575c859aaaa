import { CrossEncoder } from '../engine/cross-encoder.ts';
import { embeddedModel } from '../engine/model-catalog.ts';
import { readModel } from '../engine/model-store.ts';
import { openRuntime } from './runtime.ts';
import { serveReranker } from './serve-reranker.ts';

// A relative base (`./`) is meant from the page, and this file lies in the folder of assets.
const base = import.meta.env.BASE_URL;
const modelsUrl = new URL(base === './' ? '../models/' : `${base}models/`, import.meta.url).href;

serveReranker(
  new CrossEncoder(embeddedModel, {
    openRuntime,
    readModel: (card, options) => readModel(card, modelsUrl, options),
  }),
);
