/** Tokenisations of page text: `text` prints as proper text, `words` keeps words only, `pretokenized` splits at white space. */
export const TOKENIZER_MODES = ['text', 'words', 'pretokenized'] as const;
export type TokenizerMode = (typeof TOKENIZER_MODES)[number];

/** Largest vocabulary: token ids are stored in 16 bits. */
export const LARGEST_VOCABULARY = 65_536;

/** Id of `<unk>`, the class of every word outside the vocabulary. */
export const UNKNOWN_ID = 0;
/** Id of `<doc>`, which begins every document. */
export const DOCUMENT_ID = 1;

export const UNKNOWN_TOKEN = '<unk>';
export const DOCUMENT_TOKEN = '<doc>';
/** The next word begins with a capital letter. */
export const CAPITAL_TOKEN = '<cap>';
/** The next word is written in capital letters. */
export const UPPER_TOKEN = '<upper>';
/** A blank line. */
export const PARAGRAPH_TOKEN = '<p>';
/** The end of a line of a pretokenized text. */
export const END_OF_LINE_TOKEN = '<eos>';

/** Tokens a mode always has, whatever the corpus; the first two have the ids 0 and 1, the others stand where their frequency puts them. */
export const RESERVED_TOKENS: Readonly<Record<TokenizerMode, readonly string[]>> = {
  text: [UNKNOWN_TOKEN, DOCUMENT_TOKEN, CAPITAL_TOKEN, UPPER_TOKEN, PARAGRAPH_TOKEN],
  words: [UNKNOWN_TOKEN, DOCUMENT_TOKEN],
  pretokenized: [UNKNOWN_TOKEN, DOCUMENT_TOKEN, END_OF_LINE_TOKEN],
};

/** How a word is written. Mixed words (`McDonald`) are vocabulary entries of their own, spelled as they are. */
export const Casing = { Lower: 0, Capital: 1, Upper: 2, Mixed: 3 } as const;
export type Casing = (typeof Casing)[keyof typeof Casing];

/** White space on one side of a punctuation mark; Any where the text does not say (its edge, or a neighbour that says it). */
export const Gap = { Glued: 0, Spaced: 1, Any: 2 } as const;
export type Gap = (typeof Gap)[keyof typeof Gap];

const OPENING = new Set('([{“‘«‹„‚¿¡$£€¥#@§');
const CLOSING = new Set(',.;:!?)]}”’»›%…°');
const JOINING = new Set('-—–/\\');
const APOSTROPHES = new Set("'’");

/** Usual white space beside a mark, given what is known of the other side: straight quotation marks open or close by it. */
function usualGaps(mark: string, left: Gap, right: Gap): { left: Gap; right: Gap } {
  if (OPENING.has(mark)) return { left: Gap.Spaced, right: Gap.Glued };
  if (CLOSING.has(mark)) return { left: Gap.Glued, right: Gap.Spaced };
  if (JOINING.has(mark)) return { left: Gap.Glued, right: Gap.Glued };
  if (mark === '"' || mark === "'" || mark === '`' || mark === '_' || mark === '*') {
    const opens = left === Gap.Any ? right !== Gap.Spaced : left === Gap.Spaced;
    return { left: opens ? Gap.Spaced : Gap.Glued, right: opens ? Gap.Glued : Gap.Spaced };
  }
  return { left: Gap.Spaced, right: Gap.Spaced };
}

function form(mark: string, left: Gap, right: Gap): string {
  return (left === Gap.Spaced ? ' ' : '') + mark + (right === Gap.Spaced ? ' ' : '');
}

/**
 * Vocabulary spellings of a punctuation mark, best first. A mark is spelled with the white space around it (`", "`, `" ("`, `"-"`), so decoding
 * needs no rules for each mark; when the exact spelling is not in the vocabulary another one loses white space only.
 */
export function punctuationForms(mark: string, left: Gap, right: Gap): string[] {
  const usual = usualGaps(mark, left, right);
  const forms: string[] = [];
  // A side the text says something about is kept as long as possible: decoded text then encodes to itself.
  const sides = (known: Gap, usually: Gap): Gap[] => {
    const first = known === Gap.Any ? usually : known;
    return [first, first === Gap.Glued ? Gap.Spaced : Gap.Glued];
  };
  const lefts = sides(left, usual.left);
  const rights = sides(right, usual.right);
  const leftMatters = left !== Gap.Any || right === Gap.Any;
  for (const outer of leftMatters ? lefts : rights) {
    for (const inner of leftMatters ? rights : lefts) {
      const spelling = leftMatters ? form(mark, outer, inner) : form(mark, inner, outer);
      // Glued on both sides by fallback, an apostrophe would turn two words into one.
      if (forms.length > 0 && APOSTROPHES.has(mark) && spelling === mark) continue;
      forms.push(spelling);
    }
  }
  return forms;
}

/** Upper-cases the first character of a word; inverse of lower-casing a capitalised word. */
export function capitalize(word: string): string {
  const first = String.fromCodePoint(word.codePointAt(0) ?? 0);
  return (first.toUpperCase() + word.slice(first.length)).normalize('NFC');
}

/** Compares by code point (JavaScript compares UTF-16 units, which puts the astral planes before U+E000). */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  let index = 0;
  while (index < length && a.charCodeAt(index) === b.charCodeAt(index)) index++;
  if (index === length) return a.length - b.length;
  return rank(a.charCodeAt(index)) - rank(b.charCodeAt(index));
}

/** Order of a UTF-16 unit where surrogates stand for code points above all others. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

const LONE_SURROGATE = /\p{Surrogate}/gu;

/** Replaces lone surrogates, which no encoding can write, by U+FFFD. */
export function wellFormed(text: string): string {
  return text.replace(LONE_SURROGATE, '\uFFFD');
}
