/** What a character is to the scanner. Letters and digits of every script build words; marks continue whatever they follow. */
export const CharacterClass = {
  Space: 1,
  Lower: 2,
  Upper: 3,
  Digit: 4,
  Letter: 5,
  Mark: 6,
  Ignorable: 7,
  Symbol: 8,
} as const;
export type CharacterClass = (typeof CharacterClass)[keyof typeof CharacterClass];

const SPACE = /[\s\p{Cc}\u200B\u2060\uFEFF]/u;
const LETTER = /\p{L}/u;
const NUMBER = /\p{N}/u;
const MARK = /[\p{M}\u200C\u200D]/u;
const SOFT_HYPHEN = 0xad;

function classify(codePoint: number): CharacterClass {
  if (codePoint === SOFT_HYPHEN) return CharacterClass.Ignorable;
  const character = String.fromCodePoint(codePoint);
  if (SPACE.test(character)) return CharacterClass.Space;
  if (codePoint < 128 && character >= 'a' && character <= 'z') return CharacterClass.Lower;
  if (codePoint < 128 && character >= 'A' && character <= 'Z') return CharacterClass.Upper;
  if (LETTER.test(character)) return CharacterClass.Letter;
  if (NUMBER.test(character)) return CharacterClass.Digit;
  if (MARK.test(character)) return CharacterClass.Mark;
  return CharacterClass.Symbol;
}

// One byte per character of the basic plane, filled on first use: a regular expression per character would cost more than the rest of the scanner.
const known = new Uint8Array(0x10000);
for (let code = 0; code < 128; code++) known[code] = classify(code);

/** Class of one code point; lone surrogates are symbols. ASCII letters are Lower or Upper, all others Letter. */
export function characterClass(codePoint: number): CharacterClass {
  if (codePoint > 0xffff) return classify(codePoint);
  const seen = known[codePoint] as CharacterClass | 0;
  if (seen !== 0) return seen;
  const found = classify(codePoint);
  known[codePoint] = found;
  return found;
}
