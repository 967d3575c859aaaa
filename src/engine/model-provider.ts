import { embeddedModel } from '../models/embedded-model.ts';
import type { Dtype } from '../models/model-card.ts';
import type { ModelSource } from '../models/model-source.ts';
import { chooseDevice, probeDevices } from './device.ts';
import type { CallOptions, LoadedModel, LoadOptions } from './reranker.ts';

/** One build of a model on one device. */
export interface LoadAttempt {
  readonly device: 'webgpu' | 'wasm';
  readonly dtype: Dtype;
  /** What has to be fetched first, weights and all; 0 when it is on this machine. */
  readonly downloadBytes: number;
  /** Sees to it that the files are on this machine, and says where. */
  readonly provide: (call: CallOptions) => Promise<ModelSource>;
}

/** What may be tried in order to load a model, best first; at least one attempt. */
export interface LoadPlan {
  readonly model: string;
  readonly revision: string;
  readonly attempts: readonly LoadAttempt[];
}

/** Where a reranker gets its models from. */
export interface ModelProvider {
  /**
   * Finds out what can run here, before any weights are fetched.
   * @throws RerankError, when there is nothing to try
   */
  plan(options: LoadOptions, call: CallOptions): Promise<LoadPlan>;
  /** Told of every model that became ready, and of every one that failed its self-test. */
  remember(model: LoadedModel): Promise<void>;
}

/**
 * Provides the model that ships with the app, and no other: on a real GPU with WASM to step down
 * to, or on the one device that was asked for.
 */
export const embeddedProvider: ModelProvider = {
  async plan({ device = 'auto' }) {
    // Asked now, since a GPU that is lost may not be found any more.
    const first = chooseDevice(await probeDevices(), device);
    const devices = device === 'auto' && first === 'webgpu' ? ([first, 'wasm'] as const) : [first];
    const { id, revision, dtype } = embeddedModel;
    const provide = async (): Promise<ModelSource> => embeddedModel;
    return {
      model: id,
      revision,
      attempts: devices.map((tried) => ({ device: tried, dtype, downloadBytes: 0, provide })),
    };
  },
  remember: async () => undefined,
};
