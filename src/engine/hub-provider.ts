import { RerankError } from '../core/errors.ts';
import { findModel } from '../models/catalog.ts';
import { describeModel } from '../models/describe-model.ts';
import { explainNoRung, planLadder, type RuledOut, type Rung } from '../models/device-ladder.ts';
import { embeddedCard } from '../models/embedded-card.ts';
import { embeddedModel } from '../models/embedded-model.ts';
import { referencesOf, toleranceOf } from '../models/golden-logits.ts';
import type { Repository } from '../models/hub.ts';
import { checkHost, defaultHost, isCommit, type RepositoryAddress } from '../models/hub-address.ts';
import { candidatePaths, cardOfRepository, tokenizerFiles } from '../models/inspect-repository.ts';
import type { KeptBuild, KeptModel, KeptSelfTest } from '../models/kept-model.ts';
import type { ModelBuild, ModelCard, ModelFile } from '../models/model-card.ts';
import { type ModelNotes, readNotes, withNote } from '../models/model-notes.ts';
import type { ModelExpectations, ModelSource } from '../models/model-source.ts';
import { readReferenceLogits, referenceLogitsFile } from '../models/reference-logits.ts';
import type { StoredModel } from '../models/stored-model.ts';
import { type DeviceReport, machineLimitsOf, probeDevices } from './device.ts';
import type { HubTokens } from './hub-tokens.ts';
import type { LoadAttempt, LoadPlan, ModelProvider } from './model-provider.ts';
import type { RepositoryAccess } from './model-store-api.ts';
import type { BenchmarkReport, CallOptions, LoadedModel, LoadOptions } from './reranker.ts';
import type { ModelFromDisk, WorkerModelStore } from './worker-model-store.ts';

/** What a model is and what of it would run here. */
export interface ModelOutlook {
  readonly card: ModelCard;
  /** Origin that its files come from; `disk` for what was brought, `app` for what ships with it. */
  readonly host: string;
  readonly revision: string;
  /** Best first; empty when nothing of it runs here. */
  readonly rungs: readonly Rung[];
  readonly ruledOut: readonly RuledOut[];
}

/** A model whose files are known, here or on a host. */
interface KnownModel {
  readonly card: ModelCard;
  readonly address: RepositoryAddress;
  readonly askedRevision: string;
  readonly files: readonly ModelFile[];
  /** Null until something of it is on this machine. */
  readonly stored: StoredModel | null;
}

const configFiles = ['config.json', 'tokenizer.json', 'tokenizer_config.json'];

/** Largest configuration that is read. */
const mostConfigBytes = 4_000_000;

/**
 * Provides models of a hub, of a mirror and from disk, beside the embedded one. What is on this
 * machine is used without asking anybody; the rest is looked up, chosen for this device and
 * fetched.
 */
export class HubProvider implements ModelProvider {
  readonly #store: WorkerModelStore;
  readonly #tokens: HubTokens | null;
  /** Where the notes about a model go, by `id@revision`. */
  readonly #keys = new Map<string, string>();
  /** Notes are read, changed and written back, so one after the other. */
  #notesWritten: Promise<void> = Promise.resolve();

  /** @param tokens that open gated and private models; default: none */
  constructor(store: WorkerModelStore, tokens: HubTokens | null = null) {
    this.#store = store;
    this.#tokens = tokens;
  }

  async plan(options: LoadOptions, call: CallOptions): Promise<LoadPlan> {
    const { model = embeddedModel.id } = options;
    // A build that has just failed its self-test is not to be tried again.
    await this.#notesWritten;
    const known = await this.#find(model, options, call);
    const { card, stored } = known;
    const report = await probeDevices();
    const ladder = planLadder(card, machineLimitsOf(report), {
      device: options.device ?? 'auto',
      dtype: options.dtype,
    });
    if (ladder.rungs.length === 0) {
      throw new RerankError('device-unsuitable', explainNoRung(ladder, card));
    }
    const askedForOne = options.dtype !== undefined && (options.device ?? 'auto') !== 'auto';
    const isHere = ({ build }: Rung): boolean => isComplete(stored, build);
    const tests = stored === null || askedForOne ? [] : readNotes(stored.notes).selfTests;
    const ordered = orderRungs(ladder.rungs, isHere, (rung) => verdictOf(rung, tests, report));
    // What was brought from disk has no host to ask for more.
    const rungs = stored?.host === 'disk' ? ordered.filter(isHere) : ordered;
    if (rungs.length === 0) {
      throw new RerankError(
        'model-not-found',
        `Files of ${card.id} are missing, and it came from disk. Import its folder again.`,
      );
    }
    return {
      model: card.id,
      revision: known.address.revision,
      attempts: rungs.map(
        ({ device, build, downloadBytes }): LoadAttempt => ({
          device,
          dtype: build.dtype,
          downloadBytes: isComplete(stored, build) ? 0 : downloadBytes,
          provide: (attempt) => this.#provide(known, build, device, attempt),
        }),
      ),
    };
  }

  async remember(model: LoadedModel): Promise<void> {
    const { selfTest } = model;
    if (selfTest === null) return;
    const { verdict, against, largestDifference, reason } = selfTest;
    const { device, dtype, adapter } = model;
    const test: KeptSelfTest = {
      ...{ device, dtype, adapter, verdict, against, largestDifference, reason },
      testedAt: Date.now(),
    };
    await this.#annotate(model, (notes) => ({ selfTests: withNote(notes.selfTests, test) }));
  }

  async rememberBenchmark(report: BenchmarkReport): Promise<void> {
    const { device, dtype, adapter, threads, measuredAt, rows } = report;
    await this.#annotate(report, (notes) => ({
      benchmarks: withNote(notes.benchmarks, { device, dtype, adapter, threads, measuredAt, rows }),
    }));
  }

  /** What would be loaded, before any weights are fetched. */
  async outlook(options: LoadOptions, call: CallOptions): Promise<ModelOutlook> {
    const { model = embeddedModel.id } = options;
    const { card, address } =
      model === embeddedModel.id
        ? { card: embeddedCard, address: { host: 'app', revision: embeddedCard.revision } }
        : await this.#find(model, options, call);
    const ladder = planLadder(card, machineLimitsOf(await probeDevices()), {
      device: options.device ?? 'auto',
      dtype: options.dtype,
    });
    return { card, host: address.host, revision: address.revision, ...ladder };
  }

  async keptModels(): Promise<readonly KeptModel[]> {
    await this.#notesWritten;
    const stored = await this.#store.list();
    return stored.map(keptModelOf).toSorted((a, b) => b.lastUsedAt - a.lastUsedAt);
  }

  async importModel(from: ModelFromDisk, call: CallOptions): Promise<KeptModel> {
    // A name of its own, since the embedded one always means the embedded model.
    const name = from.name === embeddedModel.id ? `${from.name} (from disk)` : from.name;
    const before = await this.#store.list();
    const stored = await this.#store.importFiles(
      { ...from, name },
      {
        signal: call.signal,
        onProgress: (loadedBytes, totalBytes) =>
          call.onEvent?.({ type: 'downloading', loadedBytes, totalBytes }),
      },
    );
    try {
      const card = cardOfRepository({
        id: stored.id,
        revision: stored.revision,
        files: filesOf(stored),
        licence: null,
        languages: [],
        config: await this.#readKeptJson(stored, 'config.json'),
        tokenizerConfig: await this.#readKeptJson(stored, 'tokenizer_config.json').catch(
          () => null,
        ),
      });
      const notes = { card, askedRevision: stored.revision };
      await this.#store.annotate(stored.key, notes);
      return keptModelOf({ ...stored, notes: { ...stored.notes, ...notes } });
    } catch (error) {
      // A model that cannot be loaded is not left behind, unless it was here before.
      if (!before.some(({ key }) => key === stored.key)) {
        await this.#store.remove(stored.key).catch(() => undefined);
      }
      throw error;
    }
  }

  /** On this machine if it is there, else on the host. */
  async #find(model: string, options: LoadOptions, call: CallOptions): Promise<KnownModel> {
    const catalogCard = findModel(model);
    const id = catalogCard?.id ?? model.trim();
    const host = options.host === undefined ? defaultHost : checkHost(options.host);
    const kept = await this.#findKept(id, options);
    if (kept !== null) return kept;
    call.onEvent?.({ type: 'looking-up' });
    const askedRevision = options.revision ?? catalogCard?.revision ?? 'main';
    const { signal } = call;
    const asked = { host, id, revision: askedRevision };
    const { repository, files } = await this.#askHost(asked, catalogCard ?? null, signal);
    const address = { host: repository.host, id: repository.id, revision: repository.revision };
    const has = (path: string): boolean => files.some((file) => file.path === path);
    const access = await this.#access(address);
    const readJson = async (path: string): Promise<unknown> => {
      // What a host without a list answers for a model's config says what is wrong with that host.
      if (!has(path) && (repository.listed || path !== 'config.json')) return null;
      const options = { signal, maxBytes: mostConfigBytes };
      return parseJson(await this.#store.readRepositoryText(access, path, options), path, id);
    };
    const [config, tokenizerConfig] = await Promise.all([
      readJson('config.json'),
      readJson('tokenizer_config.json'),
    ]);
    const { licence, languages } = repository;
    const card = describeModel(catalogCard, {
      ...{ id, revision: address.revision, files, licence, languages, config, tokenizerConfig },
    });
    // Another build of it may be here already.
    const stored = await this.#storedAt(address);
    return { card, address, askedRevision, files, stored };
  }

  /** What a host has of a repository, whether it lists its files or has to be asked for each. */
  async #askHost(
    asked: RepositoryAddress,
    card: ModelCard | null,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly repository: Repository; readonly files: readonly ModelFile[] }> {
    const access = await this.#access(asked);
    const repository = await this.#store.openRepository(access, { signal });
    if (repository.listed) return { repository, files: repository.files };
    const paths = [...candidatePaths(card), referenceLogitsFile];
    const address = { ...access, revision: repository.revision };
    return { repository, files: await this.#store.probeFiles(address, paths, { signal }) };
  }

  /** An address with the token for its own host, whichever host was asked for in the call. */
  async #access(address: RepositoryAddress): Promise<RepositoryAccess> {
    return { ...address, token: await this.#tokens?.of(address.host) };
  }

  /**
   * A model of which a build that runs here is on this machine; null if there is none. Wherever it
   * came from: the host is asked for what is missing only.
   */
  async #findKept(id: string, options: LoadOptions): Promise<KnownModel | null> {
    const { revision, device = 'auto', dtype } = options;
    const candidates = (await this.#store.list())
      .filter((stored) => stored.id === id)
      .filter(({ notes, ...stored }) =>
        revision === undefined
          ? true
          : stored.revision === revision || readNotes(notes).askedRevision === revision,
      )
      .toSorted((a, b) => b.lastUsedAt - a.lastUsedAt);
    const limits = machineLimitsOf(await probeDevices());
    for (const stored of candidates) {
      const { card, askedRevision } = readNotes(stored.notes);
      if (card === null) continue;
      const { rungs } = planLadder(card, limits, { device, dtype });
      const usable = rungs.some(({ build }) => isComplete(stored, build));
      // What was brought from disk has no other place to come from.
      if (!usable && stored.host !== 'disk') continue;
      return {
        card,
        address: { host: stored.host, id: stored.id, revision: stored.revision },
        askedRevision: askedRevision ?? stored.revision,
        files: filesOf(stored),
        stored,
      };
    }
    return null;
  }

  /** A branch may mean other files on another host; a commit does not. */
  async #storedAt({ host, id, revision }: RepositoryAddress): Promise<StoredModel | null> {
    const list = await this.#store.list();
    const found = list.find(
      (stored) =>
        stored.id === id &&
        stored.revision === revision &&
        (isCommit(revision) || stored.host === host),
    );
    return found ?? null;
  }

  /** Fetches what is missing of one build and says where everything is. */
  async #provide(
    known: KnownModel,
    build: ModelBuild,
    device: 'webgpu' | 'wasm',
    call: CallOptions,
  ): Promise<ModelSource> {
    const { card, address, askedRevision } = known;
    const wanted = new Set([
      build.path,
      ...build.externalData,
      ...configFiles,
      referenceLogitsFile,
    ]);
    let { stored } = known;
    if (!isComplete(stored, build)) {
      // A model that was found on this machine knows only the files that are here.
      const listed = known.files.some(({ path }) => path === build.path)
        ? known.files
        : (await this.#askHost(address, card, call.signal)).files;
      const files = listed.filter(({ path }) => wanted.has(path));
      if (!files.some(({ path }) => path === build.path)) {
        throw new RerankError(
          'model-not-found',
          `${address.host} has no ${build.path} of ${card.id}. Choose another dtype or host.`,
        );
      }
      let described = false;
      stored = await this.#store.ensureFiles(await this.#access(address), files, {
        signal: call.signal,
        // Another tab is fetching it; there is nothing to show until it has.
        onWaiting: () => call.onEvent?.({ type: 'looking-up' }),
        onProgress: (loadedBytes, totalBytes) => {
          // With the first bytes, so that half a download says what it is half of.
          if (!described) this.#describe(known);
          described = true;
          call.onEvent?.({ type: 'downloading', loadedBytes, totalBytes });
        },
      });
    }
    if (stored === null) throw new Error('unreachable: an incomplete build was just fetched');
    // Notes may have been lost, too; without a card the host would be asked each time.
    if (stored !== known.stored || readNotes(stored.notes).card === null) {
      await this.#store.annotate(stored.key, { card, askedRevision }).catch(() => undefined);
    }
    this.#keys.set(`${card.id}@${address.revision}`, stored.key);
    // The disk may be full; a model that is here loads all the same.
    await this.#store.touch(stored.key).catch(() => undefined);
    const { tokenizer, tokenizerConfig } = tokenizerFiles(filesOf(stored));
    if (tokenizer === null) {
      throw new RerankError('model-unsupported', `${card.id} has no tokenizer.json.`);
    }
    const source = (path: string) => this.#store.fileSource(stored, path);
    const folder = build.path.slice(0, build.path.lastIndexOf('/') + 1);
    return {
      id: card.id,
      revision: address.revision,
      dtype: build.dtype,
      maxLength: card.maxLength,
      architecture: card.architecture,
      shape: card.shape,
      weights: await source(build.path),
      externalData: await Promise.all(
        build.externalData.map(async (path) => ({
          location: path.slice(folder.length),
          file: await source(path),
        })),
      ),
      tokenizer: await source(tokenizer.path),
      tokenizerConfig:
        tokenizerConfig === null
          ? { from: 'memory', blob: new Blob([]), bytes: 0 }
          : await source(tokenizerConfig.path),
      expectations: await this.#expectationsOf(stored, card, build, device),
    };
  }

  /** What came with the files, else what was published. */
  async #expectationsOf(
    stored: StoredModel,
    card: ModelCard,
    { dtype }: ModelBuild,
    device: 'webgpu' | 'wasm',
  ): Promise<ModelExpectations | null> {
    const has = stored.files.some(({ path }) => path === referenceLogitsFile);
    const text = has
      ? await this.#store.readText(stored.key, referenceLogitsFile, mostConfigBytes).catch(() => '')
      : '';
    const brought = readReferenceLogits(text);
    const references = brought ?? referencesOf(card);
    if (references === null) return null;
    // What passed on WASM before is looked at more briefly: a large model takes seconds for a pair.
    const passed =
      device === 'wasm' &&
      readNotes(stored.notes).selfTests.some(
        (test) => test.device === device && test.dtype === dtype && test.verdict === 'passed',
      );
    return {
      against: brought === null ? 'published' : 'model-files',
      source: references.source,
      pairs: passed ? references.pairs.slice(0, 2) : references.pairs,
      tolerance: toleranceOf(dtype, device, references.referenceDtype),
    };
  }

  async #readKeptJson(stored: StoredModel, path: string): Promise<unknown> {
    return parseJson(
      await this.#store.readText(stored.key, path, mostConfigBytes),
      path,
      stored.id,
    );
  }

  #describe({ card, askedRevision, address }: KnownModel): void {
    this.#writeNotes(async () => {
      const stored = await this.#storedAt(address);
      if (stored !== null) await this.#store.annotate(stored.key, { card, askedRevision });
    });
  }

  #annotate(
    { model, revision }: Pick<LoadedModel, 'model' | 'revision'>,
    change: (notes: ModelNotes) => Partial<ModelNotes>,
  ): void {
    const key = this.#keys.get(`${model}@${revision}`);
    if (key === undefined) return;
    this.#writeNotes(async () => {
      const stored = (await this.#store.list()).find((one) => one.key === key);
      if (stored !== undefined) await this.#store.annotate(key, change(readNotes(stored.notes)));
    });
  }

  /** Notes are a convenience: a store that refuses them does not fail the load. */
  #writeNotes(write: () => Promise<void>): void {
    // What could not be written is written again by the next load.
    this.#notesWritten = this.#notesWritten.then(write).catch(() => undefined);
  }
}

/**
 * What is here already goes first: a load must not start a download that nobody asked for. What
 * was broken on this very adapter is left out; of what gave other numbers than expected the last
 * rung that is here remains, before anything is fetched.
 */
function orderRungs(
  rungs: readonly Rung[],
  isHere: (rung: Rung) => boolean,
  verdict: (rung: Rung) => KeptSelfTest['verdict'] | null,
): readonly Rung[] {
  const here = rungs.filter((rung) => isHere(rung) && verdict(rung) !== 'broken');
  const trusted = here.filter((rung) => verdict(rung) !== 'differs');
  const doubtful = here.filter((rung) => verdict(rung) === 'differs').slice(-1);
  const elsewhere = rungs.filter((rung) => {
    const failed = verdict(rung) === 'broken' || verdict(rung) === 'differs';
    return !isHere(rung) && !failed;
  });
  const ordered = [...trusted, ...doubtful, ...elsewhere];
  return ordered.length > 0 ? ordered : rungs.slice(-1);
}

/** How the self-test of a rung ended on this adapter; null when it was never run. */
function verdictOf(
  { device, build }: Rung,
  tests: readonly KeptSelfTest[],
  { webgpu }: DeviceReport,
): KeptSelfTest['verdict'] | null {
  const adapter = device === 'webgpu' && webgpu.available ? webgpu.adapter : null;
  const test = tests.find(
    (one) => one.device === device && one.dtype === build.dtype && one.adapter === adapter,
  );
  return test?.verdict ?? null;
}

function isComplete(stored: StoredModel | null, build: ModelBuild): boolean {
  if (stored === null) return false;
  const isHere = (path: string): boolean =>
    stored.files.some((file) => file.path === path && file.state === 'complete');
  // Not every model has this one.
  const optional = stored.files.filter(({ path }) => path === 'tokenizer_config.json');
  return (
    [build.path, ...build.externalData, 'tokenizer.json'].every(isHere) &&
    optional.every(({ path }) => isHere(path))
  );
}

function filesOf(stored: StoredModel): readonly ModelFile[] {
  return stored.files.map(({ path, bytes, sha256 }) => ({ path, bytes, sha256 }));
}

function keptModelOf(stored: StoredModel): KeptModel {
  const { key, id, revision, host, kept, files, addedAt, lastUsedAt } = stored;
  const { card, selfTests, benchmarks } = readNotes(stored.notes);
  const storedBytesOf = (path: string): number =>
    files.find((file) => file.path === path)?.storedBytes ?? 0;
  const builds = (card?.builds ?? []).map((build): KeptBuild => {
    const paths = [build.path, ...build.externalData];
    return {
      dtype: build.dtype,
      bytes: build.bytes,
      storedBytes: paths.reduce((sum, path) => sum + storedBytesOf(path), 0),
      complete: isComplete(stored, build),
    };
  });
  return {
    ...{ key, id, revision, host, card, kept, addedAt, lastUsedAt, selfTests, benchmarks },
    bytes: files.reduce((sum, { storedBytes }) => sum + storedBytes, 0),
    builds: builds.filter(({ storedBytes }) => storedBytes > 0),
  };
}

function parseJson(text: string, path: string, id: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new RerankError('model-corrupt', `${path} of ${id} is no JSON: ${String(error)}`, {
      cause: error,
    });
  }
}
