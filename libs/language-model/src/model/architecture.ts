import type { Hyperparameters } from './presets.js';

/** The sizes that decide what parameters a model has. */
export interface Architecture {
  /** V */
  readonly vocabularySize: number;
  /** E */
  readonly embeddingDim: number;
  /** H */
  readonly lstmUnits: number;
  readonly numLayers: number;
}

/** One parameter: its name in `model.safetensors`, its shape, and whether weight decay applies to it. */
export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly size: number;
  readonly decayed: boolean;
}

/** The sizes of a run's model, given the vocabulary that its text led to. */
export function architectureOf(hyperparameters: Hyperparameters, vocabularySize: number): Architecture {
  const { embeddingDim, lstmUnits, numLayers } = hyperparameters;
  return { vocabularySize, embeddingDim, lstmUnits, numLayers };
}

/** All parameters in the order in which they are stored: embedding, layers, output. */
export function parameterSpecs({
  vocabularySize: V,
  embeddingDim: E,
  lstmUnits: H,
  numLayers,
}: Architecture): ParameterSpec[] {
  const specs: ParameterSpec[] = [];
  const add = (name: string, shape: number[], decayed: boolean): void => {
    specs.push({ name, shape, size: shape.reduce((a, b) => a * b), decayed });
  };
  add('embedding.weight', [V, E], true);
  for (let layer = 0; layer < numLayers; layer++) {
    add(`lstm.${layer}.input`, [layer === 0 ? E : H, 4 * H], true);
    add(`lstm.${layer}.recurrent`, [H, 4 * H], true);
    add(`lstm.${layer}.bias`, [4 * H], false);
    add(`norm.${layer}.gain`, [H], false);
    add(`norm.${layer}.bias`, [H], false);
  }
  add('output.weight', [H, V], true);
  add('output.bias', [V], false);
  return specs;
}

/** Number of trainable numbers, computed from the parameters themselves. */
export function countParameters(architecture: Architecture): number {
  return parameterSpecs(architecture).reduce((sum, { size }) => sum + size, 0);
}
