import { formatShape, sameShape, shapeMismatch } from '../dimension.js';
import { CodedError } from '#errors';
import type { Tensor } from '../graph.js';
import { add, multiply, sigmoid, subtract, tanh } from './elementwise.js';
import { matMul } from './linear-algebra.js';
import { concat, flattenSteps, reduceSum, reshape, split, transpose } from './shape.js';

/** Weights of one LSTM layer. Gates stand in ONNX's order: input, output, forget, cell. */
export interface LstmWeights {
  /** [E, 4H] */
  readonly input: Tensor;
  /** [H, 4H] */
  readonly recurrent: Tensor;
  /** [4H] */
  readonly bias: Tensor;
}

/** Hidden and cell state, [B, H] each. */
export interface LstmState {
  readonly hidden: Tensor;
  readonly cell: Tensor;
}

/** What a step computes and its gradient reads. All [B, H], but `gates` [B, 3H]: input, output, forget. */
interface Step {
  readonly gates: Tensor;
  readonly forget: Tensor;
  readonly candidate: Tensor;
  readonly previousCell: Tensor;
  readonly cell: Tensor;
  readonly cellTanh: Tensor;
  readonly hidden: Tensor;
}

/**
 * An LSTM layer over T steps, unrolled: x [T, B, E] -> hidden states [T, B, H] and the last state.
 *
 * The projections of all inputs are one product, and so are all weight gradients; only the recurrent product and a
 * dozen element-wise nodes remain per step. The gradient is in closed form rather than taped: everything that does not
 * depend on the next step's gradient is computed for all steps at once, which leaves six nodes per step on the way back.
 * @see Hochreiter & Schmidhuber 1997; forget gate: Gers et al. 2000; gradients: Greff et al., arXiv 1503.04069, section II
 */
export function lstm(x: Tensor, weights: LstmWeights, initial: LstmState): { sequence: Tensor; state: LstmState } {
  const { graph } = x;
  const [steps, units, features] = checkShapes(x, weights, initial);
  const rows = flattenSteps(x); // [T*B, E]
  const forward = graph.withoutTape(() => {
    const projected = split(matMul(rows, weights.input, { plus: weights.bias }), 0, steps); // T x [B, 4H]
    const done: Step[] = [];
    let { hidden, cell } = initial;
    for (const projection of projected) {
      const step = runStep(matMul(hidden, weights.recurrent, { plus: projection }), cell, units);
      done.push(step);
      ({ hidden, cell } = step);
    }
    const sequence = reshape(
      concat(
        done.map((step) => step.hidden),
        0,
      ),
      [steps, x.shape[1]!, units],
    );
    return { done, sequence, hidden, cell };
  });
  const { done, sequence } = forward;
  const inputs = [x, weights.input, weights.recurrent, weights.bias, initial.hidden, initial.cell];
  graph.record(inputs, [sequence, forward.hidden, forward.cell], ([dSequence, dHidden, dCell]) => {
    const back = goBack(done, weights.recurrent, dSequence && split(flattenSteps(dSequence), 0, steps), dHidden, dCell);
    const previousHidden = concat([initial.hidden, ...done.slice(0, -1).map((step) => step.hidden)], 0); // [T*B, H]
    return [
      reshape(matMul(back.activations, weights.input, { transposeRight: true }), [steps, x.shape[1]!, features]),
      matMul(rows, back.activations, { transposeLeft: true }),
      matMul(previousHidden, back.activations, { transposeLeft: true }),
      reduceSum(back.activations, [0]),
      back.hidden,
      back.cell,
    ];
  });
  return { sequence, state: { hidden: forward.hidden, cell: forward.cell } };
}

function runStep(activations: Tensor, previousCell: Tensor, units: number): Step {
  const { graph, type } = activations;
  const axis = activations.shape.length - 1;
  const part = (width: number) => ({ type, shape: activations.shape.with(axis, width) });
  const sizes = graph.integers([3 * units, units]);
  const [gatePart, candidatePart] = graph.emit('Split', [activations, sizes], [part(3 * units), part(units)], { axis });
  const gates = sigmoid(gatePart!);
  const candidate = tanh(candidatePart!);
  const [input, output, forget] = split(gates, axis, 3);
  const cell = add(multiply(forget!, previousCell), multiply(input!, candidate));
  const cellTanh = tanh(cell);
  const hidden = multiply(output!, cellTanh);
  return { gates, forget: forget!, candidate, previousCell, cell, cellTanh, hidden };
}

/**
 * What follows the products of one step: activations [..., 4H] of the gates input, output, forget and cell, and the cell state
 * before [..., H] -> both states after. Not differentiable; `lstm` is.
 */
export function lstmCell(activations: Tensor, cell: Tensor): LstmState {
  const units = cell.shape.at(-1);
  if (typeof units !== 'number' || !sameShape(activations.shape, cell.shape.with(-1, 4 * units))) {
    throw shapeMismatch(
      'LstmCell',
      activations.shape,
      cell.shape,
      'activations must be [..., 4H] and the cell [..., H]',
    );
  }
  return activations.graph.withoutTape(() => runStep(activations, cell, units));
}

/** Gradients of the gates' activations of all steps [T*B, 4H], and of the initial state. */
function goBack(
  steps: readonly Step[],
  recurrent: Tensor,
  dSequence: readonly Tensor[] | undefined,
  dLastHidden: Tensor | undefined,
  dLastCell: Tensor | undefined,
): { activations: Tensor; hidden: Tensor; cell: Tensor } {
  const all = (pick: (step: Step) => Tensor): Tensor => concat(steps.map(pick), 0); // [T*B, ...]
  const gates = all((step) => step.gates);
  const gateSlopes = split(multiply(gates, subtract(1, gates)), 1, 3);
  const [input, output] = split(gates, 1, 3);
  const candidate = all((step) => step.candidate);
  const cellTanh = all((step) => step.cellTanh);
  const slope = (y: Tensor): Tensor => subtract(1, multiply(y, y));
  // d cell / d activation of input, forget and candidate, and d hidden / d activation of output; then d hidden / d cell.
  const perActivation = concat(
    [
      multiply(candidate, gateSlopes[0]!),
      multiply(cellTanh, gateSlopes[1]!),
      multiply(
        all((step) => step.previousCell),
        gateSlopes[2]!,
      ),
      multiply(input!, slope(candidate)),
    ],
    1,
  );
  const activationSlopes = split(perActivation, 0, steps.length);
  const hiddenToCell = split(multiply(output!, slope(cellTanh)), 0, steps.length);
  const recurrentTransposed = transpose(recurrent, [1, 0]); // [4H, H], once instead of at each step

  const dActivations: Tensor[] = [];
  let dHidden = dLastHidden;
  let dCell = dLastCell;
  for (let t = steps.length - 1; t >= 0; t--) {
    const fromAbove = dSequence?.[t];
    const later = dActivations[0];
    if (later) dHidden = matMul(later, recurrentTransposed, fromAbove ? { plus: fromAbove } : {});
    else if (fromAbove) dHidden = dHidden ? add(dHidden, fromAbove) : fromAbove;
    const throughHidden = dHidden && multiply(dHidden, hiddenToCell[t]!);
    if (throughHidden) dCell = dCell ? add(dCell, throughHidden) : throughHidden;
    const cell = dCell!;
    const hidden = dHidden ?? multiply(cell, 0);
    dActivations.unshift(multiply(concat([cell, hidden, cell, cell], 1), activationSlopes[t]!));
    dCell = multiply(cell, steps[t]!.forget);
  }
  return {
    activations: concat(dActivations, 0),
    hidden: matMul(dActivations[0]!, recurrentTransposed),
    cell: dCell!,
  };
}

/**
 * The same layer by the runtime's own LSTM operator: x [T, B, E] -> [T, B, H], T and B symbolic, states [1, B, H] as the
 * operator has them. Faster, packs constant weights once, and has no gradient: for serving.
 */
export function fusedLstm(x: Tensor, weights: LstmWeights, initial: LstmState): { sequence: Tensor; state: LstmState } {
  const { graph, type } = x;
  const [steps, batch] = x.shape;
  const units = weights.recurrent.shape[0] as number;
  for (const state of [initial.hidden, initial.cell]) {
    if (state.shape.join() !== [1, batch, units].join()) {
      throw shapeMismatch('FusedLstm', x.shape, state.shape, 'states must be [1, B, H]');
    }
  }
  const oneDirection = (tensor: Tensor): Tensor => reshape(tensor, [1, ...tensor.shape]);
  // The operator takes weights as [1, 4H, E] and adds two biases; the second is ours to leave zero.
  const inputs = [
    x,
    oneDirection(transpose(weights.input, [1, 0])),
    oneDirection(transpose(weights.recurrent, [1, 0])),
    oneDirection(concat([weights.bias, graph.constant(new Float32Array(4 * units), [4 * units])], 0)),
    null,
    initial.hidden,
    initial.cell,
  ];
  const last = { type, shape: [1, batch!, units] };
  const specs = [{ type, shape: [steps!, 1, batch!, units] }, last, last];
  const [sequence, hidden, cell] = graph.emit('LSTM', inputs, specs, { hidden_size: units });
  const state = { hidden: hidden!, cell: cell! };
  // The state after the only step is the sequence.
  if (steps === 1) return { sequence: hidden!, state };
  const shape = [steps!, batch!, units];
  const [squeezed] = graph.emit('Squeeze', [sequence!, graph.integers([1])], [{ type, shape }]);
  return { sequence: squeezed!, state };
}

function checkShapes(x: Tensor, weights: LstmWeights, initial: LstmState): [number, number, number] {
  const [steps, batch, features] = x.shape;
  if (x.shape.length !== 3 || typeof steps !== 'number' || typeof features !== 'number') {
    throw new CodedError(
      'graph_shape_mismatch',
      `Lstm: x must be [T, B, E] with fixed T and E, not ${formatShape(x.shape)}.`,
    );
  }
  const units = weights.recurrent.shape[0];
  const gates = weights.recurrent.shape[1];
  if (typeof units !== 'number' || gates !== 4 * units) {
    throw shapeMismatch('Lstm', x.shape, weights.recurrent.shape, 'recurrent weights must be [H, 4H]');
  }
  const expectations: [Tensor, readonly unknown[], string][] = [
    [weights.input, [features, gates], 'input weights must be [E, 4H]'],
    [weights.bias, [gates], 'the bias must be [4H]'],
    [initial.hidden, [batch, units], 'the hidden state must be [B, H]'],
    [initial.cell, [batch, units], 'the cell state must be [B, H]'],
  ];
  for (const [tensor, shape, rule] of expectations) {
    if (tensor.shape.join() !== shape.join()) throw shapeMismatch('Lstm', x.shape, tensor.shape, rule);
  }
  return [steps, units, features];
}
