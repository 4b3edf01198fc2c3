import type { Architecture } from '../model/architecture.js';
import { unreadable } from './layers-weights.js';

/** A layer of `modelTopology`, as Keras describes it. */
export interface LayerDescription {
  readonly class_name: string;
  readonly config: Readonly<Record<string, unknown>> & { readonly name: string };
}

/** The layers that hold parameters, in their order. */
export interface LayerNames {
  readonly embedding: string;
  readonly recurrent: readonly { readonly lstm: string; readonly norm: string }[];
  readonly output: string;
}

/** Names that our own exports give their layers. */
export function layerNames({ numLayers }: Pick<Architecture, 'numLayers'>): LayerNames {
  const recurrent = Array.from({ length: numLayers }, (_, layer) => ({ lstm: `lstm_${layer}`, norm: `norm_${layer}` }));
  return { embedding: 'embedding', recurrent, output: 'output' };
}

const EPSILON = 1e-3;

/** The model as a Keras Sequential: ids [batch, T] in, probabilities [batch, T, V] out. */
export function describeTopology(architecture: Architecture, name: string, dropoutRate: number): object {
  const { vocabularySize: V, embeddingDim: E, lstmUnits: H } = architecture;
  const names = layerNames(architecture);
  const layer = (className: string, config: LayerDescription['config']): LayerDescription => ({
    class_name: className,
    config: { trainable: true, dtype: 'float32', ...config },
  });
  // One mask for all steps of a sequence, as in training.
  const dropout = (index: number, width: number): LayerDescription =>
    layer('Dropout', { name: `dropout_${index}`, rate: dropoutRate, noise_shape: [null, 1, width], seed: null });
  const layers = [
    layer('Embedding', {
      name: names.embedding,
      batch_input_shape: [null, null],
      input_dim: V,
      output_dim: E,
      mask_zero: false,
      input_length: null,
    }),
    dropout(0, E),
    ...names.recurrent.flatMap(({ lstm, norm }, index) => [
      layer('LSTM', {
        name: lstm,
        units: H,
        activation: 'tanh',
        recurrent_activation: 'sigmoid',
        use_bias: true,
        unit_forget_bias: true,
        return_sequences: true,
        return_state: false,
        go_backwards: false,
        stateful: false,
        unroll: false,
        dropout: 0,
        recurrent_dropout: 0,
      }),
      layer('LayerNormalization', { name: norm, axis: -1, epsilon: EPSILON, center: true, scale: true }),
      dropout(index + 1, H),
    ]),
    layer('Dense', { name: names.output, units: V, activation: 'softmax', use_bias: true }),
  ];
  return {
    class_name: 'Sequential',
    config: { name, layers },
    keras_version: 'tfjs-layers 4.22.0',
    backend: 'tensor_flow.js',
  };
}

/** Layers without parameters and without effect on a trained model's predictions, the last one being part of our output. */
const IGNORED = new Set(['InputLayer', 'Dropout', 'SpatialDropout1D', 'Activation', 'Softmax']);

/**
 * Finds the layers that hold parameters.
 * @throws model_unreadable when the model is not (embedding, then LSTM and Layer Normalization one or more times, then dense)
 */
export function readTopology(modelTopology: unknown): LayerNames {
  const all = listLayers(modelTopology).map(withoutWrapper);
  const layers = all.filter(({ class_name: className }) => !IGNORED.has(className));
  const found = layers.map((layer) => layer.class_name).join(', ');
  if (!/^Embedding(, LSTM, LayerNormalization)+, Dense$/.test(found)) {
    throw unreadable(
      `its layers are ${found || 'none'}; only Embedding, then LSTM and LayerNormalization one or more times, then Dense can be served`,
    );
  }
  for (const layer of all) checkSettings(layer);
  const nameOf = (index: number): string => layers.at(index)!.config.name;
  const pairs = layers.slice(1, -1);
  return {
    embedding: nameOf(0),
    recurrent: pairs.flatMap(({ config }, index) =>
      index % 2 === 0 ? [{ lstm: config.name, norm: pairs[index + 1]!.config.name }] : [],
    ),
    output: nameOf(-1),
  };
}

/** Settings that a model must have to compute what ours does; those left out have Keras' defaults. */
const REQUIRED: Readonly<Record<string, Readonly<Record<string, readonly unknown[]>>>> = {
  LSTM: {
    activation: ['tanh'],
    recurrent_activation: ['sigmoid'],
    use_bias: [true],
    go_backwards: [false],
  },
  LayerNormalization: { epsilon: [EPSILON], center: [true], scale: [true] },
  Dense: { use_bias: [true], activation: ['softmax', 'linear'] },
  Activation: { activation: ['softmax', 'linear'] },
};

function checkSettings({ class_name: className, config }: LayerDescription): void {
  for (const [name, allowed] of Object.entries(REQUIRED[className] ?? {})) {
    const value = config[name] ?? allowed[0];
    if (!allowed.includes(value)) {
      throw unreadable(
        `${name} of the layer "${config.name}" is ${JSON.stringify(value)}, expected ${JSON.stringify(allowed[0])}`,
      );
    }
  }
}

/** A dense layer over every step, which is what ours is; its weights carry the name of the wrapper. */
function withoutWrapper(layer: LayerDescription): LayerDescription {
  if (layer.class_name !== 'TimeDistributed') return layer;
  const { class_name: className, config } = asObject(layer.config['layer']);
  return { class_name: String(className), config: { ...asObject(config), name: layer.config.name } };
}

/** Sequential and functional models list their layers alike; a model converted from Keras has them one level deeper. */
function listLayers(modelTopology: unknown): LayerDescription[] {
  const topology = asObject(modelTopology);
  const model = asObject(topology['model_config'] ?? topology);
  const config = model['config'];
  const layers: unknown = Array.isArray(config) ? config : asObject(config)['layers'];
  if (!Array.isArray(layers))
    throw unreadable('its modelTopology lists no layers; a graph model cannot be read, only a Layers model');
  const described = layers.map((layer) => {
    const { class_name: className, config: settings } = asObject(layer);
    const { name } = asObject(settings);
    if (typeof className !== 'string' || typeof name !== 'string')
      throw unreadable('a layer of it has no class or no name');
    return { class_name: className, config: { ...asObject(settings), name } };
  });
  return described;
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
