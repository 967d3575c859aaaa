import { Bm25Reranker } from '../engine/bm25-reranker.ts';
import { reportRequests } from './report-requests.ts';
import { serveReranker } from './serve-reranker.ts';

reportRequests();

// Finding words in Chinese text takes a while: 10,000 documents would freeze the page.
serveReranker(() => new Bm25Reranker());
