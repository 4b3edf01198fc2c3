/** Logarithm of the mean of numbers that are given by their logarithms. */
export function logMeanExp(logs: readonly number[]): number {
  const largest = Math.max(...logs);
  if (largest === -Infinity) return largest;
  let sum = 0;
  for (const log of logs) sum += Math.exp(log - largest);
  return largest + Math.log(sum / logs.length);
}

/** log(1 + exp(x)), without overflow. */
export function softplus(x: number): number {
  return x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x));
}

/** x from log(1 + exp(x)). */
export function softplusInverse(y: number): number {
  return y + Math.log(-Math.expm1(-y));
}
