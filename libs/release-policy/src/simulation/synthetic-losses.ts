import type { SyntheticRandom } from './synthetic-random.js';

/** How the losses of two versions differ from text to text: mean 0, standard deviation 1, and a shape. */
export const LOSS_SHAPES = [
  'normal',
  'left_skewed',
  'right_skewed',
  'heavy_tailed',
  'autocorrelated',
  'identical',
] as const;

/** One of them. `identical` has no spread: the same model twice. */
export type LossShape = (typeof LOSS_SHAPES)[number];

// Neighbouring texts of autocorrelated traffic are alike: topics last for some ten texts.
const MEMORY = 0.9;

/** Draws one difference after the other. */
export function lossDifferences(shape: LossShape, random: SyntheticRandom): () => number {
  let topic = random.normal();
  switch (shape) {
    case 'normal':
      return () => random.normal();
    case 'left_skewed':
      return () => 1 - random.exponential();
    case 'right_skewed':
      return () => random.exponential() - 1;
    case 'heavy_tailed':
      // Student's t with three degrees of freedom: no third moment.
      return () => random.normal() / Math.hypot(random.normal(), random.normal(), random.normal());
    case 'autocorrelated':
      return () => (topic = MEMORY * topic + Math.sqrt(1 - MEMORY ** 2) * random.normal());
    case 'identical':
      return () => 0;
  }
}
