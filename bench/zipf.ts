/** A text of independent tokens whose frequencies fall as those of words do: token i has weight 1 / (i + 2). */
export function zipfText(length: number, vocabulary: number, seed: number): Uint16Array {
  const cumulative = new Float64Array(vocabulary);
  let sum = 0;
  for (let id = 0; id < vocabulary; id++) cumulative[id] = sum += 1 / (id + 2);
  let state = seed >>> 0;
  return Uint16Array.from({ length }, () => {
    // A linear congruential generator is enough to vary a benchmark's input.
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const target = (state / 2 ** 32) * sum;
    let [low, high] = [0, vocabulary - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (cumulative[middle]! <= target) low = middle + 1;
      else high = middle;
    }
    return low;
  });
}
