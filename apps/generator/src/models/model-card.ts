import { Injectable } from '@nestjs/common';
import { isCodedError } from '#errors';
import { Registry, type ModelVersion } from '#registry';
import { ListModels, type ModelObject } from './list-models.js';
import type { LoadedVersion } from './loaded-version.js';
import { ModelHost } from './model-host.js';

/** A name that a request may use, and what is known of the model behind it. */
export interface ModelCard extends ModelObject {
  readonly preset: string | null;
  readonly parameters: number | null;
  readonly hyperparameters: object | null;
  readonly seed: number | null;
  /** Hash of the text that it was trained on; null when that is not known. */
  readonly data_sha256: string | null;
  readonly trained_tokens: number | null;
  readonly metrics: object | null;
  readonly training_run: string | null;
  /** Whether this server has it in memory; what follows is null where it has not. */
  readonly loaded: boolean;
  readonly system_fingerprint: string | null;
  readonly vocabulary_size: number | null;
  /** Arithmetic that it is served with here. */
  readonly precision: 'float32' | 'int8' | null;
  /** How int8 was measured to compare with float32; null also where the model has no int8 variant. */
  readonly quantization: QuantizationObject | null;
}

/** What was measured on the validation text when the model was exported. */
interface QuantizationObject {
  readonly tokens: number;
  readonly float32: { readonly perplexity: number; readonly top1: number };
  readonly int8: { readonly perplexity: number; readonly top1: number };
  /** What int8 may lose to be served by default, and whether it lost no more. */
  readonly tolerance: { readonly perplexity_percent: number; readonly top1_points: number };
  readonly held: boolean;
}

/** Looks up what a model is. */
@Injectable()
export class ModelCards {
  constructor(
    private readonly models: ListModels,
    private readonly registry: Registry,
    private readonly host: ModelHost,
  ) {}

  /** @throws model_not_found */
  async read(name: string): Promise<ModelCard> {
    const model = await this.models.one(name);
    const version = await this.#version(model.version);
    const loaded = this.host.readyVersions.find(({ version: { id } }) => id === model.version) ?? null;
    return {
      ...model,
      preset: version?.preset ?? null,
      parameters: version?.parameters ?? null,
      hyperparameters: version?.hyperparameters ?? null,
      seed: version?.seed ?? null,
      data_sha256: version?.dataSha256 ?? null,
      trained_tokens: version?.trainedTokens ?? null,
      metrics: version?.metrics ?? null,
      training_run: version?.trainingRunId ?? null,
      loaded: loaded !== null,
      system_fingerprint: loaded?.fingerprint ?? null,
      vocabulary_size: loaded?.engine.config.vocabularySize ?? null,
      precision: loaded?.engine.precision ?? null,
      quantization: loaded ? quantizationObject(loaded.engine.config) : null,
    };
  }

  /** null for a checkpoint of a run, which is no version. */
  async #version(id: string): Promise<ModelVersion | null> {
    try {
      return await this.registry.getModelVersion(id);
    } catch (error) {
      if (isCodedError(error, 'model_not_found')) return null;
      throw error;
    }
  }
}

function quantizationObject({ quantization }: LoadedVersion['engine']['config']): QuantizationObject | null {
  if (!quantization) return null;
  const { tolerance, ...measured } = quantization;
  const { perplexityPercent, top1Points } = tolerance;
  return { ...measured, tolerance: { perplexity_percent: perplexityPercent, top1_points: top1Points } };
}
