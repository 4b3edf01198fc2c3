/** Share of the peak at which the learning rate ends. */
const FLOOR = 0.02;

/**
 * Learning rate of a step: a linear rise to the peak, then half a cosine down to 2% of it.
 * @param step from 0
 * @see Loshchilov & Hutter, arXiv 1608.03983, equation 5
 */
export function learningRateAt(step: number, totalSteps: number, peak: number, warmupFraction: number): number {
  const warmup = Math.ceil(totalSteps * warmupFraction);
  if (step < warmup) return (peak * (step + 1)) / warmup;
  const progress = (step - warmup) / Math.max(1, totalSteps - warmup);
  return peak * (FLOOR + (1 - FLOOR) * 0.5 * (1 + Math.cos(Math.PI * Math.min(1, progress))));
}
