import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareCodePoints, Gap, punctuationForms } from './token-forms.js';

describe('punctuationForms', () => {
  it('spells a mark with the white space that was seen beside it', () => {
    expect(punctuationForms(',', Gap.Glued, Gap.Spaced)[0]).toBe(', ');
    expect(punctuationForms('-', Gap.Glued, Gap.Glued)[0]).toBe('-');
    expect(punctuationForms('—', Gap.Spaced, Gap.Spaced)[0]).toBe(' — ');
  });

  it('opens or closes a straight quotation mark by the side that is known', () => {
    expect(punctuationForms('"', Gap.Any, Gap.Glued)[0]).toBe(' "');
    expect(punctuationForms('"', Gap.Glued, Gap.Any)[0]).toBe('" ');
    expect(punctuationForms('"', Gap.Any, Gap.Any)[0]).toBe(' "');
  });

  it('never falls back to an apostrophe that would join two words', () => {
    expect(punctuationForms("'", Gap.Glued, Gap.Spaced)).not.toContain("'");
    expect(punctuationForms("'", Gap.Glued, Gap.Glued)[0]).toBe("'");
  });

  it('lists each spelling once', () => {
    const gap = fc.constantFrom(Gap.Glued, Gap.Spaced, Gap.Any);
    fc.assert(
      fc.property(fc.constantFrom(',', '(', '"', "'", '-', '&', '☃'), gap, gap, (mark, left, right) => {
        const forms = punctuationForms(mark, left, right);
        expect(new Set(forms).size).toBe(forms.length);
        expect(forms.every((spelling) => spelling.trim() === mark)).toBe(true);
      }),
    );
  });
});

describe('compareCodePoints', () => {
  it('orders as the bytes of UTF-8 do', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '\uE000', '\uFFFD', '😀', '𐐀') });
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(Math.sign(compareCodePoints(a, b))).toBe(Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))));
      }),
    );
  });
});
