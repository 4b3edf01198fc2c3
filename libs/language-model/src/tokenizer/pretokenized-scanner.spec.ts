import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PretokenizedScanner } from './pretokenized-scanner.js';

function scan(...pieces: string[]): string[] {
  const found: string[] = [];
  const scanner = new PretokenizedScanner({
    word: (text) => found.push(text),
    endOfLine: () => found.push('¶'),
    unknown: () => found.push('?'),
  });
  for (const piece of pieces) scanner.push(piece);
  scanner.finish();
  return found;
}

describe('PretokenizedScanner', () => {
  it('reports every line end, of empty lines and of a last line without one too', () => {
    expect(scan(' a b \n\n c')).toEqual(['a', 'b', '¶', '¶', 'c', '¶']);
    expect(scan('a\n')).toEqual(['a', '¶']);
  });

  it("reports the text's own <unk> and overlong tokens as unknown", () => {
    expect(scan(`<unk> <doc> ${'x'.repeat(100_000)} ok\n`)).toEqual(['?', '?', '?', 'ok', '¶']);
  });

  it('splits at ASCII white space only, as the benchmarks count', () => {
    expect(scan('a\u00A0b \uFEFF\tc\r\n')).toEqual(['a\u00A0b', '\uFEFF', 'c', '¶']);
  });

  it('finds the same however the text is cut into pieces', () => {
    const text = fc
      .array(fc.constantFrom('a', 'bc', '<unk>', ' ', '\n', '\r\n', 'x'.repeat(300), '\uD83D'), { maxLength: 30 })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, fc.array(fc.nat(400), { maxLength: 6 }), (whole, cuts) => {
        const borders = [0, ...cuts.filter((cut) => cut < whole.length).sort((a, b) => a - b), whole.length];
        expect(scan(...borders.slice(1).map((end, index) => whole.slice(borders[index], end)))).toEqual(scan(whole));
      }),
      { numRuns: 500 },
    );
  });
});
