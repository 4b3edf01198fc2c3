import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { repeatsItself } from './repeats-itself.js';

describe('a text', () => {
  it.each([
    'the the the the',
    'and so he went of the sea of the sea of the sea',
    'He said. He said. He said.',
    'The OLD house the old house The old House',
    'a b c d e f g h a b c d e f g h a b c d e f g h',
  ])('is caught in a loop: %s', (text) => {
    expect(repeatsItself(text)).toBe(true);
  });

  it.each([
    '',
    'no no no',
    'of the sea of the sea',
    'The old captain watched the river near the sea, and the young captain watched the old one.',
    'a b c d e f g h i a b c d e f g h i a b c d e f g h i',
  ])('is none: %s', (text) => {
    expect(repeatsItself(text)).toBe(false);
  });

  it('of words that all differ is none, and three times any run is one, wherever it stands', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 8 }), fc.nat(20), fc.nat(20), (length, before, after) => {
        const different = (count: number, name: string): string[] =>
          Array.from({ length: count }, (_, index) => `${name}${index}`);
        const run = different(length, 'r');
        const text = [...different(before, 'b'), ...run, ...run, ...run, ...different(after, 'a')];
        expect(repeatsItself(text.join(' '))).toBe(true);
        expect(repeatsItself(different(before + after, 'w').join(' '))).toBe(false);
      }),
    );
  });
});
