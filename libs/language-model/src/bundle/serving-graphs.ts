import { Graph, op, type Tensor } from '#tensor-graph';
import { parameterSpecs, type Architecture } from '../model/architecture.js';
import { forward, stateNames, type LayerState } from '../model/forward.js';
import type { TensorLocation } from './safetensors.js';

/** Where a graph finds its parameters: fed at each run, or in a file beside the model. */
export type ParameterSource =
  'fed' | { readonly file: string; readonly locations: ReadonlyMap<string, TensorLocation> };

/**
 * Added to the logit of `<unk>`, which must never be generated: even at the highest temperature nothing is left of its probability,
 * and its own logit can be told from the sum to four digits, which scoring a text with unknown words needs.
 */
export const NEVER = -1000;

interface Started {
  readonly graph: Graph;
  readonly parameter: (name: string) => Tensor;
  readonly hidden: Tensor;
}

function start(architecture: Architecture, source: ParameterSource, ids: (graph: Graph) => Tensor): Started {
  const graph = new Graph();
  const parameters = new Map(
    parameterSpecs(architecture).map(({ name, shape }) => [
      name,
      source === 'fed'
        ? graph.input(name, shape)
        : graph.externalConstant(name, shape, { file: source.file, ...source.locations.get(name)! }),
    ]),
  );
  const parameter = (name: string): Tensor => parameters.get(name)!;
  const states: LayerState[] = Array.from({ length: architecture.numLayers }, (_, layer) => ({
    hidden: graph.input(stateNames(layer).hidden, [1, 'B', architecture.lstmUnits]),
    cell: graph.input(stateNames(layer).cell, [1, 'B', architecture.lstmUnits]),
  }));
  const result = forward(ids(graph), architecture, { parameter, states, recurrentLayer: op.fusedLstm });
  result.states.forEach((state, layer) => {
    graph.output(`next_${stateNames(layer).hidden}`, state.hidden);
    graph.output(`next_${stateNames(layer).cell}`, state.cell);
  });
  return { graph, parameter, hidden: result.hidden };
}

/**
 * One token for each of B sequences.
 * In: `ids` [1, B], `inverse_temperature` [B, 1], states [1, B, H]. Out: `logits` [B, V] as the model has them, `probabilities`
 * [B, V] at the temperature, next states. To both `<unk>` is impossible: its probability is 0, its logit lower by 1000.
 */
export function buildDecodeGraph(architecture: Architecture, source: ParameterSource): Uint8Array {
  const { graph, parameter, hidden } = start(architecture, source, (g) => g.input('ids', [1, 'B'], 'int64'));
  const V = architecture.vocabularySize;
  const mask = new Float32Array(V);
  mask[0] = NEVER;
  const bias = op.add(parameter('output.bias'), graph.constant(mask, [V]));
  const logits = op.matMul(hidden, parameter('output.weight'), { plus: bias });
  graph.output('logits', logits);
  graph.output('probabilities', op.softmax(op.multiply(logits, graph.input('inverse_temperature', ['B', 1]))));
  return graph.encode();
}

/** Reads a text without predicting: `ids` [T, B] and states in, next states out. */
export function buildPrefillGraph(architecture: Architecture, source: ParameterSource): Uint8Array {
  return start(architecture, source, (graph) => graph.input('ids', ['T', 'B'], 'int64')).graph.encode();
}

/**
 * Scores a text: `ids` [T, B], `targets` [T*B] and states in; `losses` [T*B] in nats, `ranks` [T*B] (how many words were
 * more probable than the right one) and next states out. `<unk>` counts as a word of its own.
 */
export function buildScoreGraph(architecture: Architecture, source: ParameterSource): Uint8Array {
  const { graph, parameter, hidden } = start(architecture, source, (g) => g.input('ids', ['T', 'B'], 'int64'));
  const targets = graph.input('targets', ['T*B'], 'int64');
  const { losses, probabilities } = op.linearCrossEntropy(
    hidden,
    parameter('output.weight'),
    parameter('output.bias'),
    targets,
  );
  graph.output('losses', losses);
  graph.output('ranks', op.rankOf(probabilities, targets));
  return graph.encode();
}
