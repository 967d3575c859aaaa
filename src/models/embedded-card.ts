import { embeddedModel } from './embedded-model.ts';
import type { ModelCard } from './model-card.ts';

/** The embedded model, described as the catalog describes the others. */
export const embeddedCard: ModelCard = {
  id: embeddedModel.id,
  name: embeddedModel.id,
  aliases: [],
  revision: embeddedModel.revision,
  licence: { id: null, commercialUse: null },
  architecture: 'bert',
  shape: embeddedModel.shape,
  parametersMillions: 8.2,
  maxLength: embeddedModel.maxLength,
  languages: ['en', 'zh'],
  pairFormat: '[CLS] query [SEP] passage [SEP]',
  builds: [
    {
      dtype: embeddedModel.dtype,
      format: 'blocks',
      path: 'onnx/model_quantized.onnx',
      externalData: [],
      bytes: embeddedModel.weights.bytes,
      largestTensorBytes: embeddedModel.shape.vocabulary * embeddedModel.shape.hidden,
    },
  ],
  tokenizerBytes: embeddedModel.tokenizer.bytes + embeddedModel.tokenizerConfig.bytes,
  goodFor: {
    en: 'The first minute: English and Chinese at once, without a download. For quality take one of the models below.',
    zh: '上手即用：支持中英文，无需下载；追求质量请选用下面的模型。',
  },
  published: [],
};
