/** Largest code of an activation, from its zero; the same on both sides. */
export const LARGEST_ACTIVATION_CODE = 127;

/**
 * Largest code of a weight that is multiplied with activations. Processors without VNNI add up pairs of products in 16 bits;
 * up to 64, no pair is cut off (2 * 255 * 64 < 32,768), so that every processor computes the same sums.
 */
export const LARGEST_WEIGHT_CODE = 64;

/** A matrix of one byte per number: `matrix[k, n] = codes[k, n] * scales[n]`, about. */
export interface QuantizedMatrix {
  /** [K, N] */
  readonly codes: Int8Array;
  /** [N] */
  readonly scales: Float32Array;
}

/** A matrix [K, N] as bytes with a scale for each column, which its largest number decides. */
export function quantizeColumns(matrix: Float32Array, columns: number, largestCode: number): QuantizedMatrix {
  const scales = new Float32Array(columns);
  for (let i = 0; i < matrix.length; i++) {
    const n = i % columns;
    scales[n] = Math.max(scales[n]!, Math.abs(matrix[i]!));
  }
  for (let n = 0; n < columns; n++) scales[n] = scales[n]! / largestCode;
  const codes = new Int8Array(matrix.length);
  for (let i = 0; i < matrix.length; i++) {
    const scale = scales[i % columns]!;
    codes[i] = scale === 0 ? 0 : Math.round(matrix[i]! / scale);
  }
  return { codes, scales };
}

/** A matrix [K, N] with row k multiplied by `factors[k]`. */
export function scaleRows(matrix: Float32Array, columns: number, factors: (row: number) => number): Float32Array {
  return matrix.map((weight, i) => weight * factors(Math.floor(i / columns)));
}

/** What a row vector [K] becomes in a product with a matrix [K, N]: [N]. */
export function multiplyRow(row: Float32Array, matrix: Float32Array, columns: number): Float32Array {
  const product = new Float64Array(columns);
  for (let i = 0; i < matrix.length; i++) product[i % columns]! += row[Math.floor(i / columns)]! * matrix[i]!;
  return Float32Array.from(product);
}
