import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addDimensions,
  broadcastShapes,
  countElements,
  divideDimension,
  multiplyDimensions,
  type Dimension,
  type Shape,
} from './dimension.js';

const factor = fc.integer({ min: 1, max: 500 });
/** Sizes as the graphs have them: numbers, symbols, and numbers times symbols. */
const dimension: fc.Arbitrary<Dimension> = fc.oneof(
  factor,
  fc.constantFrom('B', 'T', 'T*B'),
  fc.tuple(factor, fc.constantFrom('B', 'T*B')).map(([n, symbol]) => multiplyDimensions(n, symbol)),
);
const BINDING: Readonly<Record<string, number>> = { B: 7, T: 11 };

/** What a size is when the graph runs. */
function bind(size: Dimension): number {
  return String(size)
    .split('*')
    .reduce((product, part) => product * (BINDING[part] ?? Number(part)), 1);
}

describe('dimensions', () => {
  it('multiply as the sizes they stand for', () => {
    fc.assert(fc.property(dimension, dimension, (a, b) => bind(multiplyDimensions(a, b)) === bind(a) * bind(b)));
  });

  it('have 1 as their neutral element', () => {
    fc.assert(fc.property(dimension, (a) => multiplyDimensions(a, 1) === a && multiplyDimensions(1, a) === a));
  });

  it('multiply in any grouping', () => {
    fc.assert(
      fc.property(dimension, dimension, dimension, (a, b, c) => {
        expect(multiplyDimensions(multiplyDimensions(a, b), c)).toBe(multiplyDimensions(a, multiplyDimensions(b, c)));
      }),
    );
  });

  it('divide into what multiplies back to them', () => {
    fc.assert(
      fc.property(dimension, factor, (a, parts) => {
        const whole = multiplyDimensions(parts, a);
        expect(divideDimension(whole, parts)).toBe(a);
      }),
    );
  });

  it('add up when they are multiples of the same symbol', () => {
    fc.assert(
      fc.property(factor, factor, fc.constantFrom(1, 'B', 'T*B'), (m, n, unit) => {
        const sum = addDimensions(multiplyDimensions(m, unit), multiplyDimensions(n, unit));
        expect(sum).toBe(multiplyDimensions(m + n, unit));
      }),
    );
  });

  it.each<[Dimension, Dimension]>([
    ['B', 'T'],
    ['B', 3],
    [3, '2*B'],
  ])('refuse to add %s and %s', (a, b) => {
    expect(() => addDimensions(a, b)).toThrow(expect.objectContaining({ code: 'graph_shape_mismatch' }));
  });

  it.each<[Dimension, number]>([
    [5, 2],
    ['5*B', 2],
    ['B', 2],
  ])('refuse to divide %s into %d equal parts', (a, parts) => {
    expect(() => divideDimension(a, parts)).toThrow(new RegExp(`size ${String(a).replace('*', '\\*')} into ${parts}`));
  });

  it('count the elements of a shape', () => {
    expect(countElements([])).toBe(1);
    expect(countElements([2, 'B', 3])).toBe('6*B');
    fc.assert(
      fc.property(fc.array(dimension, { maxLength: 4 }), (shape) => {
        expect(bind(countElements(shape))).toBe(shape.reduce<number>((product, size) => product * bind(size), 1));
      }),
    );
  });
});

describe('broadcastShapes', () => {
  /** A shape and one that broadcasts to it: axes left out in front, or of size 1. */
  const pair = fc.array(dimension, { maxLength: 4 }).chain((full) =>
    fc.record({
      full: fc.constant<Shape>(full),
      start: fc.nat({ max: full.length }),
      ones: fc.array(fc.boolean(), { minLength: full.length, maxLength: full.length }),
    }),
  );

  it('gives the larger shape, whichever side it stands on', () => {
    fc.assert(
      fc.property(pair, ({ full, start, ones }) => {
        const part = full.map((size, axis) => (ones[axis] ? 1 : size)).slice(start);
        expect(broadcastShapes('Add', full, part)).toEqual(full);
        expect(broadcastShapes('Add', part, full)).toEqual(full);
      }),
    );
  });

  it('leaves a shape as it is beside itself and beside a scalar', () => {
    fc.assert(
      fc.property(fc.array(dimension, { maxLength: 4 }), (shape) => {
        expect(broadcastShapes('Add', shape, shape)).toEqual(shape);
        expect(broadcastShapes('Add', [], shape)).toEqual(shape);
      }),
    );
  });

  it('refuses axes that differ and are not 1, naming both shapes', () => {
    expect(() => broadcastShapes('Add', [2, 'B', 3], ['T', 3])).toThrow(
      /Add: shapes \[2, B, 3\] and \[T, 3\] do not fit/,
    );
    expect(() => broadcastShapes('Add', ['B'], [5])).toThrow(/\[B\] and \[5\]/);
  });
});
