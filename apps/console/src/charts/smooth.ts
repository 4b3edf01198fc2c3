/**
 * Exponential moving average, corrected for its beginning; gaps stay gaps.
 * @param factor 0 changes nothing; 0.99 averages over about a hundred points
 * @see https://arxiv.org/abs/1412.6980 section 3, correction of the bias
 */
export function smooth(ys: ArrayLike<number | null>, factor: number): (number | null)[] {
  let sum = 0;
  let weight = 0;
  return Array.from(ys, (value) => {
    if (value === null) return null;
    sum = factor * sum + (1 - factor) * value;
    weight = factor * weight + (1 - factor);
    return sum / weight;
  });
}
