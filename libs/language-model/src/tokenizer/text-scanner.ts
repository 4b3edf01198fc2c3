import { characterClass, CharacterClass } from './character-class.js';
import { capitalize, Casing, Gap, UNKNOWN_TOKEN, wellFormed } from './token-forms.js';

/** Receives what a scanner finds, in text order. */
export interface LexemeSink {
  /** A word in its vocabulary spelling: lower-cased, or as written when the casing is Mixed. */
  word(text: string, casing: Casing): void;
  /** A punctuation mark or symbol and the white space beside it. */
  punctuation(mark: string, left: Gap, right: Gap): void;
  /** A blank line between two other lexemes. */
  paragraphBreak(): void;
  /** Something no vocabulary holds: a word of more than 64 characters, a stray mark, `<unk>` itself. */
  unknown(): void;
}

const MAXIMUM_WORD_LENGTH = 64; // UTF-16 units
const MAXIMUM_MARKS = 16; // combining marks after one symbol
const LOOKAHEAD = MAXIMUM_MARKS + 4; // units a symbol may depend on
const LESS_THAN = 60;
const APOSTROPHE = 39;
const TYPOGRAPHIC_APOSTROPHE = 0x2019;

const Previous = { Edge: 0, Word: 1, Punctuation: 2 } as const;
type Previous = (typeof Previous)[keyof typeof Previous];

/**
 * Splits text into words, punctuation and paragraph breaks, in linear time and in pieces of any size: where the pieces are cut does not change
 * what the sink receives. Single characters of look-ahead only, no regular expression over the text.
 */
export class TextScanner {
  readonly #sink: LexemeSink;
  #rest = '';
  #previous: Previous = Previous.Edge;
  #spaced = false;
  #lineEnds = 0;
  #afterReturn = false;
  // A mark is reported when its right side is known.
  #mark = '';
  #markLeft: Gap = Gap.Any;

  constructor(sink: LexemeSink) {
    this.#sink = sink;
  }

  /** Scans the next piece of the text. */
  push(piece: string): void {
    const text = this.#rest + piece;
    this.#rest = text.slice(this.#scan(text, false));
    // A run without end is unknown by its length already; its middle no longer matters.
    if (this.#rest.length > 4 * MAXIMUM_WORD_LENGTH) this.#rest = withoutMiddle(this.#rest);
  }

  /** Scans what is left and makes the scanner ready for another text. `keepTrailingBreak` reports a blank line at the end too. */
  finish(keepTrailingBreak: boolean): void {
    this.#scan(this.#rest, true);
    this.#rest = '';
    this.#reportMark(Gap.Any);
    if (keepTrailingBreak && this.#lineEnds >= 2 && this.#previous !== Previous.Edge) this.#sink.paragraphBreak();
    this.#previous = Previous.Edge;
    this.#spaced = false;
    this.#lineEnds = 0;
    this.#afterReturn = false;
  }

  /** Returns the index of the first character that was not used because the next piece may change what it means. */
  #scan(text: string, final: boolean): number {
    const length = text.length;
    let index = 0;
    while (index < length) {
      const code = text.charCodeAt(index);
      const kind = characterClass(code);
      if (kind === CharacterClass.Space || kind === CharacterClass.Ignorable) {
        this.#noteSpace(code);
        index++;
        continue;
      }
      let next: number;
      if (kind === CharacterClass.Symbol && !isSurrogate(code)) {
        next = this.#scanSymbol(text, index, code, final);
      } else if (kind === CharacterClass.Symbol) {
        if (!final && length - index < LOOKAHEAD) return index;
        const codePoint = text.codePointAt(index) ?? code;
        const wide = characterClass(codePoint);
        if (wide === CharacterClass.Symbol) next = this.#scanSymbol(text, index, codePoint, final);
        else if (wide === CharacterClass.Mark) next = this.#scanStray(index, 2);
        else next = this.#scanWord(text, index, final);
      } else if (kind === CharacterClass.Mark) {
        next = this.#scanStray(index, 1);
      } else {
        next = this.#scanWord(text, index, final);
      }
      if (next < 0) return index;
      index = next;
    }
    return index;
  }

  #noteSpace(code: number): void {
    this.#spaced = true;
    if (code === 10) {
      if (!this.#afterReturn) this.#lineEnds++;
    } else if (code === 13 || code === 0x85 || code === 0x2028) {
      this.#lineEnds++;
    } else if (code === 0x2029) {
      this.#lineEnds += 2;
    }
    this.#afterReturn = code === 13;
  }

  /** Reports what lay before the lexeme that begins now; returns the gap on its left. */
  #begin(isWord: boolean): Gap {
    let left: Gap = this.#spaced ? Gap.Spaced : Gap.Glued;
    if (this.#lineEnds >= 2 && this.#previous !== Previous.Edge) {
      this.#reportMark(Gap.Any);
      this.#sink.paragraphBreak();
      this.#previous = Previous.Edge;
    }
    // Between two marks the right one says whether there is a space.
    if (this.#mark !== '') this.#reportMark(isWord ? left : Gap.Any);
    if (this.#previous === Previous.Edge) left = Gap.Any;
    this.#spaced = false;
    this.#lineEnds = 0;
    this.#afterReturn = false;
    this.#previous = isWord ? Previous.Word : Previous.Punctuation;
    return left;
  }

  #reportMark(right: Gap): void {
    if (this.#mark === '') return;
    this.#sink.punctuation(this.#mark, this.#markLeft, right);
    this.#mark = '';
  }

  #scanStray(index: number, width: number): number {
    this.#begin(true);
    this.#sink.unknown();
    return index + width;
  }

  /** Returns the index after the symbol, or -1 when more text is needed. */
  #scanSymbol(text: string, start: number, codePoint: number, final: boolean): number {
    if (!final && text.length - start < LOOKAHEAD) return -1;
    if (codePoint === LESS_THAN && text.startsWith(UNKNOWN_TOKEN, start)) {
      this.#begin(true);
      this.#sink.unknown();
      return start + UNKNOWN_TOKEN.length;
    }
    const width = codePoint > 0xffff ? 2 : 1;
    let end = start + width;
    while (
      end < text.length &&
      end - start < MAXIMUM_MARKS &&
      characterClass(text.charCodeAt(end)) === CharacterClass.Mark
    )
      end++;
    const written = text.slice(start, end);
    const left = this.#begin(false);
    this.#mark = codePoint < 128 && end === start + 1 ? written : wellFormed(written).normalize('NFC');
    this.#markLeft = left;
    return end;
  }

  /** Returns the index after the word, or -1 when more text is needed. */
  #scanWord(text: string, start: number, final: boolean): number {
    const length = text.length;
    let index = start;
    let uppers = 0;
    let lowers = 0;
    let plain = true;
    let curly = false;
    while (index < length) {
      const code = text.charCodeAt(index);
      const kind = characterClass(code);
      if (kind === CharacterClass.Lower) lowers++;
      else if (kind === CharacterClass.Upper) uppers++;
      else if (kind === CharacterClass.Symbol) {
        if (code === APOSTROPHE || code === TYPOGRAPHIC_APOSTROPHE) {
          if (!isLetterAt(text, index + 1)) break;
          curly ||= code === TYPOGRAPHIC_APOSTROPHE;
        } else if (isSurrogate(code) && isWordPart(text.codePointAt(index) ?? code)) {
          plain = false;
          index++;
        } else break;
      } else if (kind === CharacterClass.Space) break;
      else if (code >= 128) plain = false;
      index++;
    }
    if (!final && length - index < 4) return -1;
    this.#begin(true);
    if (index - start > MAXIMUM_WORD_LENGTH) {
      this.#sink.unknown();
      return index;
    }
    const written = curly ? text.slice(start, index).replaceAll('’', "'") : text.slice(start, index);
    if (!plain) this.#reportUnicodeWord(written);
    else if (uppers === 0) this.#sink.word(written, Casing.Lower);
    else if (uppers === 1 && characterClass(text.charCodeAt(start)) === CharacterClass.Upper)
      this.#sink.word(written.toLowerCase(), Casing.Capital);
    else if (lowers === 0) this.#sink.word(written.toLowerCase(), Casing.Upper);
    else this.#sink.word(written, Casing.Mixed);
    return index;
  }

  #reportUnicodeWord(written: string): void {
    const word = written.replaceAll('\u00AD', '').normalize('NFC');
    const lower = word.toLowerCase().normalize('NFC');
    // By comparison, not by category: only a case that can be restored exactly becomes a marker.
    if (word === lower) this.#sink.word(word, Casing.Lower);
    else if (capitalize(lower) === word) this.#sink.word(lower, Casing.Capital);
    else if (lower.toUpperCase().normalize('NFC') === word) this.#sink.word(lower, Casing.Upper);
    else this.#sink.word(word, Casing.Mixed);
  }
}

function isSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdfff;
}

function isWordPart(codePoint: number): boolean {
  const kind = characterClass(codePoint);
  return kind !== CharacterClass.Symbol && kind !== CharacterClass.Space;
}

function isLetterAt(text: string, index: number): boolean {
  if (index >= text.length) return false;
  const kind = characterClass(text.codePointAt(index) ?? 0);
  return kind === CharacterClass.Lower || kind === CharacterClass.Upper || kind === CharacterClass.Letter;
}

/** Shortens an unfinished word that is too long already; keeps what decides where it ends. */
function withoutMiddle(run: string): string {
  let tail = run.length - 8;
  if (isLowSurrogate(run.charCodeAt(tail))) tail--;
  return 'x'.repeat(MAXIMUM_WORD_LENGTH + 1) + run.slice(tail);
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}
