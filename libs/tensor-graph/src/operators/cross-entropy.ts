import { shapeMismatch } from '../dimension.js';
import type { Tensor } from '../graph.js';
import { atLeast, log, multiply, negate, subtract } from './elementwise.js';
import { pickFromRows } from './indexing.js';
import { matMul } from './linear-algebra.js';
import { softmax } from './normalization.js';
import { reshape } from './shape.js';

/** Below the smallest normal float32; keeps the logarithm of a vanished probability finite (a loss of 87 nats). */
const SMALLEST_PROBABILITY = 1.2e-38;

/**
 * Loss of a linear layer followed by softmax: `-log softmax(hidden weight + bias)[target]` in nats, per row.
 * hidden [N, H], weight [H, V], bias [V], targets [N] int64 -> losses [N] and probabilities [N, V].
 *
 * Layer and loss are one operator because the gradient of the logits, `probabilities - one-hot targets`, is as large as
 * the logits themselves (64 MB for 1,600 tokens of 10,000 words): scaling it by the rows' gradients is left to
 * the small operands of the products that follow, so it is read three times and written once.
 * @see Goodfellow et al., Deep Learning, section 6.2.2.3
 */
export function linearCrossEntropy(
  hidden: Tensor,
  weight: Tensor,
  bias: Tensor,
  targets: Tensor,
): { losses: Tensor; probabilities: Tensor } {
  const { graph } = hidden;
  const rows = hidden.shape[0]!;
  if (targets.type !== 'int64' || targets.shape.length !== 1 || targets.shape[0] !== rows) {
    throw shapeMismatch('LinearCrossEntropy', hidden.shape, targets.shape, 'there must be one int64 target per row');
  }
  const { losses, probabilities } = graph.withoutTape(() => {
    const distribution = softmax(matMul(hidden, weight, { plus: bias })); // [N, V]
    const picked = pickFromRows(distribution, targets);
    return { losses: negate(log(atLeast(picked, SMALLEST_PROBABILITY))), probabilities: distribution };
  });
  graph.record([hidden, weight, bias], [losses], ([dLosses]) => {
    const scale = reshape(dLosses!, [rows, 1]);
    // Subtracting 1 at the targets touches N numbers, not N * V.
    const minusOne = reshape(subtract(multiply(dLosses!, 0), 1), [rows, 1]);
    const [difference] = graph.emit(
      'ScatterElements',
      [probabilities, reshape(targets, [rows, 1]), minusOne],
      [probabilities],
      { axis: 1, reduction: 'add' },
    );
    const row = matMul(reshape(dLosses!, [1, rows]), difference!); // [1, V]
    return [
      multiply(matMul(difference!, weight, { transposeRight: true }), scale),
      matMul(multiply(hidden, scale), difference!, { transposeLeft: true }),
      reshape(row, bias.shape),
    ];
  });
  return { losses, probabilities };
}
