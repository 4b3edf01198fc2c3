import { describe, expect, it } from 'vitest';
import { multiplyRow, quantizeColumns, scaleRows } from './quantized-weights.js';

describe('quantizeColumns', () => {
  const K = 50;
  const N = 7;
  const matrix = Float32Array.from({ length: K * N }, (_, i) => Math.sin(i * i) * 10 ** ((i % N) - 3));

  it('is off by at most half a code, whatever the size of a column', () => {
    const { codes, scales } = quantizeColumns(matrix, N, 64);
    codes.forEach((code, i) => {
      const scale = scales[i % N]!;
      expect(Math.abs(code * scale - matrix[i]!), `element ${i}`).toBeLessThanOrEqual(scale * 0.5001);
    });
  });

  it('uses the whole range in each column and never more', () => {
    const { codes } = quantizeColumns(matrix, N, 64);
    for (let n = 0; n < N; n++) {
      const column = codes.filter((_, i) => i % N === n);
      expect(Math.max(...column.map(Math.abs)), `column ${n}`).toBe(64);
    }
  });

  it('keeps a column of zeros', () => {
    const { codes, scales } = quantizeColumns(Float32Array.of(0, 1, 0, -1), 2, 64);
    expect([...codes]).toEqual([0, 64, 0, -64]);
    expect(scales[0]).toBe(0);
  });
});

it('a row vector times a matrix is the sum of its scaled rows', () => {
  const matrix = Float32Array.of(1, 2, 3, 4, 5, 6);
  const row = Float32Array.of(10, 100);
  expect([...scaleRows(matrix, 3, (k) => row[k]!)]).toEqual([10, 20, 30, 400, 500, 600]);
  expect([...multiplyRow(row, matrix, 3)]).toEqual([410, 520, 630]);
});
