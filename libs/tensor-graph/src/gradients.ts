import { CodedError } from '#errors';
import type { Tensor } from './graph.js';
import { add } from './operators/elementwise.js';
import { ones } from './operators/indexing.js';

/**
 * Reverse-mode differentiation: appends to the graph the nodes that compute d(sum of `result`) / d(each of `variables`).
 * Each operator's rule turns the gradients of its outputs into those of its inputs; where a value is used
 * more than once the contributions add up. Second derivatives are not recorded.
 * @throws graph_shape_mismatch when the result does not depend on a variable.
 * @see Griewank & Walther, Evaluating Derivatives, 2nd ed., section 3.2
 */
export function gradients(result: Tensor, variables: readonly Tensor[]): Tensor[] {
  const { graph } = result;
  const found = new Map<Tensor, Tensor>();
  graph.withoutTape(() => {
    found.set(result, ones(result));
    for (const entry of graph.tape.toReversed()) {
      const outputGradients = entry.outputs.map((output) => found.get(output));
      if (outputGradients.every((gradient) => gradient === undefined)) continue;
      entry.gradient(outputGradients).forEach((gradient, index) => {
        const input = entry.inputs[index];
        if (!gradient || !input) return;
        const before = found.get(input);
        found.set(input, before ? add(before, gradient) : gradient);
      });
    }
  });
  return variables.map((variable) => {
    const gradient = found.get(variable);
    if (!gradient) {
      throw new CodedError('graph_shape_mismatch', `"${result.name}" does not depend on "${variable.name}".`);
    }
    return gradient;
  });
}
