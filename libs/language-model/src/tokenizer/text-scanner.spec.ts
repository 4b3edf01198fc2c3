import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TextScanner } from './text-scanner.js';

/** What the scanner reports for a text that arrives in pieces, one line for each lexeme. */
function scan(...pieces: string[]): string[] {
  const found: string[] = [];
  const scanner = new TextScanner({
    word: (text, casing) => found.push(`${text}/${casing}`),
    punctuation: (mark, left, right) => found.push(`${mark} ${left}${right}`),
    paragraphBreak: () => found.push('¶'),
    unknown: () => found.push('?'),
  });
  for (const piece of pieces) scanner.push(piece);
  scanner.finish(true);
  return found;
}

function words(text: string): string[] {
  return scan(text).map((lexeme) => lexeme.replace(/\/\d$/u, ''));
}

/** Any text, lone surrogates and control characters included, and the parts of it that are easily mistreated. */
const anyText = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 8 }),
      fc.array(fc.nat(0xffff), { maxLength: 4 }).map((units) => String.fromCharCode(...units)),
      fc.constantFrom(
        "don't",
        '’',
        "'",
        '<unk>',
        '<un',
        '\r\n',
        '\r',
        '\n\n',
        'é',
        'e\u0301',
        '👩‍👧',
        '\u00AD',
        '…',
        'ǅ',
        'İ',
        'ß',
        'x'.repeat(70),
        `${'y'.repeat(300)}'`,
        '\u0301'.repeat(20),
      ),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));

describe('TextScanner', () => {
  it('keeps contractions whole, whichever apostrophe they are written with', () => {
    expect(words('don’t o’clock it’s I’ll')).toEqual(["don't", "o'clock", "it's", "i'll"]);
    expect(scan('don’t')).toEqual(scan("don't"));
  });

  it('takes apostrophes at the edge of a word for punctuation', () => {
    expect(words("'tis the dogs' 'bone'")).toEqual(["' 20", 'tis', 'the', 'dogs', "' 02", "' 10", 'bone', "' 02"]);
  });

  it('tells lower-cased, capitalised, upper-cased and mixed words apart', () => {
    expect(scan('word Word WORD I mcDonald McDonald O’CLOCK')).toEqual([
      'word/0',
      'word/1',
      'word/2',
      'i/1',
      'mcDonald/3',
      'McDonald/3',
      "o'clock/2",
    ]);
    expect(scan('Éclair ΑΘΗΝΑ ŁÓDŹ ǅ')).toEqual(['éclair/1', 'αθηνα/2', 'łódź/2', 'ǅ/3']);
  });

  it('composes letters and their marks (NFC) and drops soft hyphens', () => {
    expect(scan('cafe\u0301 co\u00ADoperate')).toEqual(['café/0', 'cooperate/0']);
  });

  it('takes a blank line for a paragraph break, whatever the line ends are', () => {
    for (const lineEnd of ['\n', '\r\n', '\r', '\u2028']) {
      expect(scan(`a${lineEnd}b${lineEnd} ${lineEnd}c`)).toEqual(['a/0', 'b/0', '¶', 'c/0']);
    }
  });

  it('takes control characters, no-break spaces and byte order marks for white space', () => {
    expect(scan('\uFEFFa\u0000b\u00A0c\u200Bd')).toEqual(['a/0', 'b/0', 'c/0', 'd/0']);
  });

  it('splits numbers at their points and keeps letters with digits', () => {
    expect(words('3.14 2nd 1,000')).toEqual(['3', '. 00', '14', '2nd', '1', ', 00', '000']);
  });

  it('reports a word of 100,000 characters as one unknown token', () => {
    for (const letter of ['x', 'é', '𐐀', "a'"]) {
      expect(scan(`a ${letter.repeat(100_000)}b c`)).toEqual(['a/0', '?', 'c/0']);
    }
  });

  it('reports every word of a line of 100,000 characters', () => {
    expect(scan('word '.repeat(20_000))).toEqual(Array.from({ length: 20_000 }, () => 'word/0'));
  });

  it('finds the same however the text is cut into pieces', () => {
    fc.assert(
      fc.property(anyText, fc.array(fc.nat(400), { maxLength: 6 }), (text, cuts) => {
        const borders = [0, ...cuts.filter((cut) => cut < text.length).sort((a, b) => a - b), text.length];
        const pieces = borders.slice(1).map((end, index) => text.slice(borders[index], end));
        expect(scan(...pieces)).toEqual(scan(text));
      }),
      { numRuns: 1_000 },
    );
  });

  it('finds the same when the text comes in single characters', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(scan(...text.split(''))).toEqual(scan(text));
      }),
      { numRuns: 300 },
    );
  });
});
