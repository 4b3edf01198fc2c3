import { parameterSpecs, type Architecture } from '../model/architecture.js';
import { Parameters } from '../model/parameters.js';
import { layerNames, type LayerNames } from './layers-topology.js';
import { unreadable, type NamedWeight } from './layers-weights.js';

/** Position of each of our gates (input, output, forget, cell: ONNX's order) in Keras' order (input, forget, cell, output). */
const GATES_TO_KERAS = [0, 3, 1, 2];

/** Which weight of which layer a parameter is, and whether it holds four gates side by side. */
interface Place {
  readonly layer: string;
  readonly kind: string;
  readonly gates?: true;
}

/** Where each of our parameters stands in a Layers model. */
function placesOf(names: LayerNames): Map<string, Place> {
  const places = new Map<string, Place>([['embedding.weight', { layer: names.embedding, kind: 'embeddings' }]]);
  names.recurrent.forEach(({ lstm, norm }, index) => {
    places.set(`lstm.${index}.input`, { layer: lstm, kind: 'kernel', gates: true });
    places.set(`lstm.${index}.recurrent`, { layer: lstm, kind: 'recurrent_kernel', gates: true });
    places.set(`lstm.${index}.bias`, { layer: lstm, kind: 'bias', gates: true });
    places.set(`norm.${index}.gain`, { layer: norm, kind: 'gamma' });
    places.set(`norm.${index}.bias`, { layer: norm, kind: 'beta' });
  });
  places.set('output.weight', { layer: names.output, kind: 'kernel' });
  places.set('output.bias', { layer: names.output, kind: 'bias' });
  return places;
}

/** Our parameters as the weights of the model that `describeTopology` describes. */
export function toLayersWeights(parameters: Parameters): NamedWeight[] {
  const places = placesOf(layerNames(parameters.architecture));
  return parameters.specs.map(({ name, shape }) => {
    const { layer, kind, gates } = places.get(name)!;
    const data = parameters.view(name);
    return { name: `${layer}/${kind}`, shape, data: gates ? moveGates(data, shape.at(-1)! / 4, toKeras) : data };
  });
}

/**
 * Weights of a Layers model as our parameters; the sizes are read from their shapes.
 * @throws model_unreadable when a weight is missing or has another shape than the others ask for
 */
export function fromLayersWeights(names: LayerNames, weights: readonly NamedWeight[]): Parameters {
  const places = placesOf(names);
  const find = (parameter: string): NamedWeight => findWeight(weights, places.get(parameter)!);
  const [V = 0, E = 0] = find('embedding.weight').shape;
  const [H = 0] = find('lstm.0.recurrent').shape;
  const architecture: Architecture = {
    vocabularySize: V,
    embeddingDim: E,
    lstmUnits: H,
    numLayers: names.recurrent.length,
  };
  for (const { name, shape } of parameterSpecs(architecture)) {
    const found = find(name);
    if (found.shape.join() !== shape.join()) {
      throw unreadable(
        `the weight "${found.name}" is [${found.shape.join(', ')}], expected [${shape.join(', ')}]: ${V} tokens, embedding ${E}, ${H} units in every layer`,
      );
    }
  }
  const parameters = new Parameters(architecture);
  for (const { name, shape } of parameters.specs) {
    const { data } = find(name);
    parameters.view(name).set(places.get(name)!.gates ? moveGates(data, shape.at(-1)! / 4, fromKeras) : data);
  }
  return parameters;
}

/** A weight by layer and kind. Keras may put the name of a cell or of the model around: `model/lstm/lstm_cell/kernel:0`. */
function findWeight(weights: readonly NamedWeight[], { layer, kind }: Place): NamedWeight {
  const matching = weights.filter(({ name }) => {
    const parts = name.replace(/:\d+$/, '').split('/');
    return parts.at(-1) === kind && parts.slice(0, -1).includes(layer);
  });
  if (matching[0] && matching.length === 1) return matching[0];
  throw unreadable(
    `${matching.length === 0 ? 'no weight is' : `${matching.length} weights are`} called "${kind}" in the layer "${layer}"`,
  );
}

const toKeras = (gate: number): number => GATES_TO_KERAS[gate]!;
const fromKeras = (gate: number): number => GATES_TO_KERAS.indexOf(gate);

/** Rows of four gates of `units` numbers each, every gate moved to its new place. */
function moveGates(data: Float32Array, units: number, newPlace: (gate: number) => number): Float32Array {
  const moved = new Float32Array(data.length);
  for (let start = 0; start < data.length; start += units) {
    const gate = (start / units) % 4;
    moved.set(data.subarray(start, start + units), start + (newPlace(gate) - gate) * units);
  }
  return moved;
}
