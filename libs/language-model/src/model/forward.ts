import { op, type Tensor } from '#tensor-graph';
import type { Architecture } from './architecture.js';

/** Hidden and cell state of one layer: [B, H] each in training, [1, B, H] in serving. */
export type LayerState = { readonly hidden: Tensor; readonly cell: Tensor };

/** Runs one LSTM layer: x [T, B, E] -> [T, B, H] and the last state. Training unrolls it, serving uses the runtime's own. */
export type RecurrentLayer = typeof op.lstm;

/** What a forward pass reads besides token ids. */
export interface ForwardInputs {
  /** The tensor of a parameter, by name. */
  readonly parameter: (name: string) => Tensor;
  readonly states: readonly LayerState[];
  /** Dropout masks [B, E], [B, H], [B, H] ..., already scaled by 1 / (1 - rate); none outside training. */
  readonly masks?: readonly Tensor[];
  readonly recurrentLayer: RecurrentLayer;
}

/** Names of the state inputs of layer `layer`; outputs are the same with `next_` before. */
export function stateNames(layer: number): { hidden: string; cell: string } {
  return { hidden: `hidden_${layer}`, cell: `cell_${layer}` };
}

/**
 * The model, written once: embedding -> dropout -> (LSTM -> Layer Normalization -> dropout) per layer.
 * ids [T, B] int64 -> last layer's output [T*B, H] and each layer's state after step T.
 * The dense layer and softmax follow in the caller, since training joins them with the loss.
 */
export function forward(
  ids: Tensor,
  architecture: Architecture,
  inputs: ForwardInputs,
): { hidden: Tensor; states: LayerState[] } {
  const { parameter, masks } = inputs;
  const drop = (x: Tensor, index: number): Tensor => (masks ? op.multiply(x, masks[index]!) : x);

  let x = drop(op.gatherRows(parameter('embedding.weight'), ids), 0); // [T, B, E]
  const states: LayerState[] = [];
  for (let layer = 0; layer < architecture.numLayers; layer++) {
    const weights = {
      input: parameter(`lstm.${layer}.input`),
      recurrent: parameter(`lstm.${layer}.recurrent`),
      bias: parameter(`lstm.${layer}.bias`),
    };
    const { sequence, state } = inputs.recurrentLayer(x, weights, inputs.states[layer]!); // [T, B, H]
    states.push(state);
    x = drop(
      op.layerNormalization(sequence, parameter(`norm.${layer}.gain`), parameter(`norm.${layer}.bias`)),
      layer + 1,
    );
  }
  return { hidden: op.flattenSteps(x), states };
}
