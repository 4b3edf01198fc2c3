import { afterAll, expect } from 'vitest';

/**
 * Of the spec files that share a process (`setupFiles` of vitest.config.mjs), fails the one that changed how the process
 * computes: the first session of ONNX Runtime that treats the smallest numbers as zero makes its thread do so for good.
 */
afterAll(() => {
  const smallest = Number('5e-324');
  // By its bits: a comparison would treat it as zero, too.
  const [bits] = new BigUint64Array(Float64Array.of(smallest * 1).buffer);
  expect(bits, 'bits of 5e-324; this file needs a process of its own (ownProcess in vitest.config.mjs)').toBe(1n);
});
