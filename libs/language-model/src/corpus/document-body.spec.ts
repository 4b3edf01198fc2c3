import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BodyFinder } from './document-body.js';

/** The text that is kept of a document that arrives in pieces. */
function body(...pieces: string[]): string {
  const finder = new BodyFinder();
  for (const piece of pieces) finder.push(piece);
  const text = pieces.join('');
  return finder
    .finish()
    .ranges.map(({ start, end }) => text.slice(start, end))
    .join('');
}

const MODERN = `The Project Gutenberg eBook of Emma, by Jane Austen

This eBook is for the use of anyone anywhere.

*** START OF THE PROJECT GUTENBERG EBOOK EMMA ***

Produced by A. Volunteer
and others

EMMA

Emma Woodhouse, handsome, clever, and rich.

*** END OF THE PROJECT GUTENBERG EBOOK EMMA ***

Updated editions will replace the previous one.
`;

const OLD = `***The Project Gutenberg Etext of Emma***

***START**THE SMALL PRINT!**FOR PUBLIC DOMAIN ETEXTS**START***
Why is this "Small Print!" statement here?
*END*THE SMALL PRINT! FOR PUBLIC DOMAIN ETEXTS*Ver.04.29.93*END*

EMMA

Emma Woodhouse, handsome.

End of the Project Gutenberg Etext of Emma
`;

describe('BodyFinder', () => {
  it('cuts the header, the credits and the licence of Project Gutenberg', () => {
    expect(body(MODERN).trim()).toBe('EMMA\n\nEmma Woodhouse, handsome, clever, and rich.');
  });

  it.each([
    '*** START OF THIS PROJECT GUTENBERG EBOOK EMMA ***',
    '***START OF THE PROJECT GUTENBERG EBOOK EMMA***',
    '*** START OF THE PROJECT GUTENBERG EBOOK EMMA OR\nANOTHER TITLE ***',
    '*END THE SMALL PRINT! FOR PUBLIC DOMAIN EBOOKS*Ver.02/11/02*END*',
  ])('knows the header that ends with %j', (marker) => {
    expect(body(`Header\n${marker}\n\nText\n`).trim()).toBe('Text');
  });

  it.each([
    '*** END OF THIS PROJECT GUTENBERG EBOOK EMMA ***',
    "End of Project Gutenberg's Emma, by Jane Austen",
    'End of the Project Gutenberg EBook of Emma',
    '*** START: FULL LICENSE ***',
  ])('knows the licence that begins with %j', (marker) => {
    expect(body(`Text\n${marker}\nLicence\n`).trim()).toBe('Text');
  });

  it('cuts the small print of the old header', () => {
    expect(body(OLD).trim()).toBe('EMMA\n\nEmma Woodhouse, handsome.');
  });

  it('keeps each book of several in one file', () => {
    const kept = body(MODERN + MODERN.replaceAll('Woodhouse', 'Second'));
    expect(kept).toContain('Woodhouse');
    expect(kept).toContain('Second');
    expect(kept).not.toContain('GUTENBERG');
    expect(kept).not.toContain('editions');
  });

  it('keeps a text without such markers as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '\n', ' ', '*', 'End of ', 'Project Gutenberg') }), (text) => {
        fc.pre(!/end of project/iu.test(text));
        expect(body(text)).toBe(text);
      }),
    );
  });

  it('finds the same however the text is cut into pieces', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(MODERN.length + OLD.length), { maxLength: 6 }), (cuts) => {
        const text = MODERN + OLD;
        const borders = [0, ...cuts.sort((a, b) => a - b), text.length];
        expect(body(...borders.slice(1).map((end, index) => text.slice(borders[index], end)))).toBe(body(text));
      }),
    );
  });

  it('tells lines that are paragraphs from lines that are wrapped', () => {
    const hasParagraphLines = (text: string): boolean => {
      const finder = new BodyFinder();
      finder.push(text);
      return finder.finish().hasParagraphLines;
    };
    expect(hasParagraphLines(`${'word '.repeat(100)}\n`.repeat(5))).toBe(true);
    expect(hasParagraphLines(`${'word '.repeat(12)}\n`.repeat(50))).toBe(false);
  });
});
