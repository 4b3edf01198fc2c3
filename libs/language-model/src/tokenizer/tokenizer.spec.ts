import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isCodedError } from '#errors';
import { Tokenizer, TURN_CHARACTERS } from './tokenizer.js';
import type { TokenizerMode } from './token-forms.js';
import { VocabularyBuilder } from './vocabulary-builder.js';

function tokenizerOf(text: string, mode: TokenizerMode = 'text', maxVocabularySize = 60_000): Tokenizer {
  const builder = new VocabularyBuilder(mode);
  builder.push(text);
  builder.endDocument();
  return builder.build([{ start: 0, length: builder.length }], { maxVocabularySize }).tokenizer;
}

/** The text with single spaces within paragraphs and one blank line between them. */
function withPlainSpace(text: string): string {
  return text
    .split(/\n\s*\n/u)
    .map((paragraph) => paragraph.replaceAll(/\s+/gu, ' ').trim())
    .filter((paragraph) => paragraph !== '')
    .join('\n\n');
}

/** The text without white space, control characters and soft hyphens, composed, with one kind of apostrophe. */
function withoutSpace(text: string): string {
  return text
    .replaceAll(/[\s\p{Cc}\u00AD\u200B\u2060\uFEFF]/gu, '')
    .replaceAll('’', "'")
    .normalize('NFC');
}

const PROSE = [
  "He said, \"Don't go--it's 3.14 o'clock!\" (She didn't.) Well . . . no, he -- the co-op man -- said...",
  '“I wonder,” said Mr. Bennet, “whether it’s a ‘trick’ or not; I can’t say.”\n\n“My dear Mr. Bennet!” cried she.',
  'CHAPTER XIV. THE END\n\nIt cost $5.00, i.e. 50% of £10/kg [see note 3]: “well-known” facts—and yet…',
  "The dogs' bone, James' hat and the '90s: 'Tis rock 'n' roll; he left at 5'10 p.m. on 12/03/1999.",
  '* * *\n\n_Emphasis_ and "quotes, \'inner\' ones," e-mail: a.b@c.org (or not?!). A&B = C + D; x_1 #tag @home.',
  'NASA\'s McDonald went to Łódź, ΑΘΗΝΑ and Þórshöfn; "naïve café", he wrote in 1842-43.',
];

/** Prose-like text: words, numbers and marks in any order, with any white space between them. */
const anyProse = fc
  .array(
    fc.tuple(
      fc.constantFrom(
        'the',
        'The',
        'THE',
        "don't",
        "I'll",
        'I',
        'McDonald',
        'x',
        '3',
        '1842',
        '2nd',
        'café',
        '.',
        ',',
        '!',
        '"',
        "'",
        '(',
        ')',
        '-',
        '—',
        '…',
        '“',
        '”',
        '‘',
        '&',
        '$',
        '%',
        '_',
        '*',
        '/',
        '<',
        '>',
        '☃',
        '👩‍👧',
      ),
      fc.constantFrom('', ' ', ' ', '\n', '\n\n', ' \n \n'),
    ),
    { maxLength: 60 },
  )
  .map((pairs) => pairs.map(([token, space]) => token + space).join(''));

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.array(fc.nat(0xffff), { maxLength: 30 }).map((units) => String.fromCharCode(...units)),
  anyProse,
);

describe('Tokenizer in mode text', () => {
  it.each(PROSE)('prints prose as it was written: %s', (text) => {
    const tokenizer = tokenizerOf(PROSE.join('\n\n'));
    const withOneApostrophe = text.replaceAll(/(?<=\p{L})’(?=\p{L})/gu, "'");
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(withPlainSpace(withOneApostrophe));
  });

  it('prints any text of known tokens as it was written, up to the amount of white space', () => {
    fc.assert(
      fc.property(anyProse, (text) => {
        const tokenizer = tokenizerOf(text);
        expect(tokenizer.decode(tokenizer.encode(text)).trim()).toBe(withPlainSpace(text));
      }),
      { numRuns: 1_000 },
    );
  });

  it('keeps every character of known tokens in any script', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 80 }), (text) => {
        const tokenizer = tokenizerOf(text);
        const ids = tokenizer.encode(text);
        fc.pre(!ids.includes(tokenizer.unknownId));
        expect(withoutSpace(tokenizer.decode(ids))).toBe(withoutSpace(text));
      }),
      { numRuns: 500 },
    );
  });

  it.each(['text', 'words', 'pretokenized'] as const)(
    'decoded text encodes to what prints the same (%s), whatever text and vocabulary',
    (mode) => {
      fc.assert(
        fc.property(anyText, anyText, fc.integer({ min: 8, max: 40 }), (known, text, size) => {
          const tokenizer = tokenizerOf(known, mode, size);
          const printed = tokenizer.decode(tokenizer.encode(text));
          expect(tokenizer.decode(tokenizer.encode(printed))).toBe(printed);
          expect(tokenizer.encode(text).every((id) => id >= 0 && id < tokenizer.vocabularySize)).toBe(true);
        }),
        { numRuns: 1_000 },
      );
    },
  );

  it('puts case in markers, so that a word has one id however it is written', () => {
    const tokenizer = tokenizerOf('the The THE');
    const texts = tokenizer.encode('the The THE').map((id) => tokenizer.tokenText(id));
    expect(texts).toEqual(['the', '<cap>', 'the', '<upper>', 'the']);
  });

  it('reads both apostrophes of a contraction as the same token', () => {
    const tokenizer = tokenizerOf("don't stop at five o'clock");
    expect(tokenizer.encode('don’t stop at five o’clock')).toEqual(tokenizer.encode("don't stop at five o'clock"));
    expect(tokenizer.encode("don't")).toHaveLength(1);
  });

  it('keeps known words known next to marks it does not know', () => {
    const tokenizer = tokenizerOf('one two, three');
    expect(tokenizer.encode('one; two☃three').map((id) => tokenizer.tokenText(id))).toEqual([
      'one',
      '<unk>',
      'two',
      '<unk>',
      'three',
    ]);
  });

  it('spells a mark with other white space rather than not at all', () => {
    const tokenizer = tokenizerOf('one, two');
    expect(tokenizer.decode(tokenizer.encode('one ,two'))).toBe('one, two');
  });

  it('maps unknown words to <unk>, which prints and reads back as itself', () => {
    const tokenizer = tokenizerOf('the cat sat.');
    expect(tokenizer.encode('the dog sat.')[1]).toBe(tokenizer.unknownId);
    expect(tokenizer.decode(tokenizer.encode('The DOG sat.'))).toBe('The <unk> sat.');
    expect(tokenizer.encode('<unk>')).toEqual([tokenizer.unknownId]);
  });

  it('never reads <doc> or a case marker from text', () => {
    const tokenizer = tokenizerOf('a <doc> <cap> <upper> <p>');
    const texts = tokenizer.encode('<doc><cap>').map((id) => tokenizer.tokenText(id));
    expect(texts).not.toContain('<doc>');
    expect(texts).not.toContain('<cap>');
  });

  it('keeps the paragraph break at the end of a prompt', () => {
    const tokenizer = tokenizerOf('one\n\ntwo');
    expect(tokenizer.tokenText(tokenizer.encode('one\n\n').at(-1) ?? -1)).toBe('<p>');
  });

  it('prints <doc> between texts as a blank line and at the beginning as nothing', () => {
    const tokenizer = tokenizerOf('one two');
    const [one = 0, two = 0] = tokenizer.encode('one two');
    expect(tokenizer.decode([tokenizer.documentId, one, tokenizer.documentId, two])).toBe('one\n\ntwo');
  });
});

describe('Tokenizer in mode words', () => {
  it('keeps lower-cased words only', () => {
    const tokenizer = tokenizerOf('the cat, McX', 'words');
    expect(tokenizer.decode(tokenizer.encode('The CAT -- "McX"?'))).toBe('the cat mcx');
  });
});

describe('Tokenizer in mode pretokenized', () => {
  it('takes tokens as they stand, a token for each line end and the <unk> of the text', () => {
    const tokenizer = tokenizerOf(' The cat @-@ <unk> .\n\n 1 \n', 'pretokenized');
    const texts = tokenizer.encode(' The cat @-@ <unk> .\n\n 1 \n').map((id) => tokenizer.tokenText(id));
    expect(texts).toEqual(['The', 'cat', '@-@', '<unk>', '.', '<eos>', '<eos>', '1', '<eos>']);
    expect(tokenizer.endOfLineId).toBe(tokenizer.encode('\n')[0]);
  });
});

describe('Tokenizer.fromJSON', () => {
  it('gives back the same tokenizer', () => {
    const tokenizer = tokenizerOf(PROSE.join('\n\n'));
    const copy = Tokenizer.fromJSON(JSON.parse(JSON.stringify(tokenizer)));
    expect(copy.toJSON()).toEqual(tokenizer.toJSON());
    for (const text of PROSE) expect(copy.encode(text)).toEqual(tokenizer.encode(text));
  });

  const whole = tokenizerOf('one two').toJSON();
  it.each([
    ['nothing', null],
    ['a list', []],
    ['another format', { ...whole, format: 'bpe' }],
    ['a later version', { ...whole, version: 2 }],
    ['an unknown mode', { ...whole, mode: 'bytes' }],
    ['tokens that are no texts', { ...whole, tokens: [1, 2] }],
    ['a token twice', { ...whole, tokens: [...whole.tokens, 'one'] }],
    ['no <unk>', { ...whole, tokens: whole.tokens.slice(1) }],
    ['no case marker', { ...whole, tokens: whole.tokens.filter((text) => text !== '<cap>') }],
    [
      'more ids than 16 bits hold',
      { ...whole, tokens: [...whole.tokens, ...Array.from({ length: 65_536 }, (_, index) => `w${index}`)] },
    ],
  ])('refuses %s as bundle_corrupt', (_, json) => {
    expect(() => Tokenizer.fromJSON(json)).toThrow(expect.toSatisfy((error) => isCodedError(error, 'bundle_corrupt')));
  });
});

describe('Tokenizer.encodeInTurns', () => {
  const filler = PROSE.join('\n\n');

  it.each(['text', 'words', 'pretokenized'] as const)('gives what encode gives, wherever it cuts: %s', async (mode) => {
    const tokenizer = tokenizerOf(filler, mode);
    await fc.assert(
      fc.asyncProperty(anyText, fc.nat(200), async (text, shift) => {
        const long = filler.repeat(Math.ceil((2 * TURN_CHARACTERS) / filler.length)).slice(shift);
        const whole = long.slice(0, TURN_CHARACTERS - 20) + text + long;
        expect(await tokenizer.encodeInTurns(whole)).toEqual(tokenizer.encode(whole));
      }),
      { numRuns: 30 },
    );
  });

  it('lets others have their turn while it reads a long text, and stops when it is told to', async () => {
    const tokenizer = tokenizerOf(filler);
    const long = 'word '.repeat(TURN_CHARACTERS);
    const abort = new AbortController();
    let isDone = false;
    const encoding = tokenizer.encodeInTurns(long, abort.signal).finally(() => {
      isDone = true;
    });
    await new Promise(setImmediate);
    expect(isDone).toBe(false);
    abort.abort(new Error('left'));
    await expect(encoding).rejects.toThrow('left');
  });
});
