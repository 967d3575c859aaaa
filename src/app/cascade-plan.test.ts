import { describe, expect, test } from 'vitest';
import { defaultSettings } from '../io/settings-storage.ts';
import { embeddedModel } from '../models/embedded-model.ts';
import { cascadePlanOf } from './cascade-plan.ts';

const settings = { ...defaultSettings, model: 'large', cascadeModel: embeddedModel.id };

describe('the plan of a cascade', () => {
  test('names both models and how many documents the one in use scores again', () => {
    const plan = { fast: embeddedModel.id, strong: 'large', depth: 20 };
    expect(cascadePlanOf(settings, 21)).toEqual(plan);
  });

  test('is none unless one is wanted, with another model than the one in use', () => {
    expect(cascadePlanOf({ ...settings, cascadeModel: null }, 100)).toBeNull();
    expect(cascadePlanOf({ ...settings, model: null }, 100)).toBeNull();
  });

  test('is none where the strong model would read all documents again', () => {
    expect(cascadePlanOf(settings, 20)).toBeNull();
  });
});
