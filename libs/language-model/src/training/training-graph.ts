import { Graph, gradients, op, type Device, type Tensor } from '#tensor-graph';
import { parameterSpecs, type Architecture } from '../model/architecture.js';
import { forward, stateNames, type LayerState } from '../model/forward.js';

/** Name of the output that carries a parameter's gradient. */
export function gradientName(parameter: string): string {
  return `gradient.${parameter}`;
}

/** Name of dropout mask `index`: 0 after the embedding, then one after each layer. */
export function maskName(index: number): string {
  return `mask_${index}`;
}

interface Ends {
  readonly graph: Graph;
  readonly parameters: ReadonlyMap<string, Tensor>;
  readonly losses: Tensor;
  readonly probabilities: Tensor;
  readonly targets: Tensor;
}

/** Inputs, forward pass and loss, common to both graphs; batch size B stays symbolic. */
function buildLoss(architecture: Architecture, sequenceLength: number, withDropout: boolean, device: Device): Ends {
  const { embeddingDim: E, lstmUnits: H, numLayers } = architecture;
  const graph = new Graph(device);
  const parameters = new Map(parameterSpecs(architecture).map(({ name, shape }) => [name, graph.input(name, shape)]));
  const parameter = (name: string): Tensor => parameters.get(name)!;
  const ids = graph.input('ids', [sequenceLength, 'B'], 'int64');
  const targets = graph.input('targets', [`${sequenceLength}*B`], 'int64');
  // States have the shape that the runtime's own LSTM gives them, so that all graphs are fed alike.
  const stateInput = (name: string): Tensor => op.reshape(graph.input(name, [1, 'B', H]), ['B', H]);
  const initial: LayerState[] = Array.from({ length: numLayers }, (_, layer) => ({
    hidden: stateInput(stateNames(layer).hidden),
    cell: stateInput(stateNames(layer).cell),
  }));
  const masks = withDropout
    ? Array.from({ length: numLayers + 1 }, (_, index) => graph.input(maskName(index), ['B', index === 0 ? E : H]))
    : undefined;
  const { hidden, states } = forward(ids, architecture, {
    parameter,
    states: initial,
    recurrentLayer: op.lstm,
    ...(masks && { masks }),
  });
  const { losses, probabilities } = op.linearCrossEntropy(
    hidden,
    parameter('output.weight'),
    parameter('output.bias'),
    targets,
  );
  states.forEach((state, layer) => {
    graph.output(`next_${stateNames(layer).hidden}`, op.reshape(state.hidden, [1, 'B', H]));
    graph.output(`next_${stateNames(layer).cell}`, op.reshape(state.cell, [1, 'B', H]));
  });
  return { graph, parameters, losses, probabilities, targets };
}

/**
 * One training step as an ONNX model.
 * In: parameters, `ids` [T, B], `targets` [T*B], `hidden_l`/`cell_l` [1, B, H], `mask_i` [B, E or H], `loss_scale` scalar, the
 * reciprocal of the number of targets. Out: `loss` (mean, nats), `next_hidden_l`/`next_cell_l`, `gradient.<parameter>`.
 */
export function buildTrainingGraph(
  architecture: Architecture,
  sequenceLength: number,
  withDropout: boolean,
  device: Device = 'cpu',
): Uint8Array {
  const { graph, parameters, losses } = buildLoss(architecture, sequenceLength, withDropout, device);
  const loss = op.multiply(op.reduceSum(losses, [0]), graph.input('loss_scale', []));
  graph.output('loss', loss);
  const names = [...parameters.keys()];
  gradients(loss, [...parameters.values()]).forEach((gradient, index) =>
    graph.output(gradientName(names[index]!), gradient),
  );
  return graph.encode();
}

/**
 * Loss and accuracy of the parameters in training, without dropout.
 * In: as for training, less masks and scale. Out: `losses` [T*B] in nats, `ranks` [T*B]: how many words were more
 * probable than the right one, and the next states.
 */
export function buildEvaluationGraph(
  architecture: Architecture,
  sequenceLength: number,
  device: Device = 'cpu',
): Uint8Array {
  const { graph, losses, probabilities, targets } = buildLoss(architecture, sequenceLength, false, device);
  graph.output('losses', losses);
  graph.output('ranks', op.rankOf(probabilities, targets));
  return graph.encode();
}
