import type { TokenizerMode } from './token-forms.js';
import {
  CAPITAL_TOKEN,
  capitalize,
  DOCUMENT_TOKEN,
  END_OF_LINE_TOKEN,
  PARAGRAPH_TOKEN,
  UNKNOWN_TOKEN,
  UPPER_TOKEN,
} from './token-forms.js';

const Kind = { Word: 0, Unknown: 1, Mark: 2, Capital: 3, Upper: 4, Break: 5, LineEnd: 6 } as const;
type Kind = (typeof Kind)[keyof typeof Kind];

interface PrintedToken {
  kind: Kind;
  /** Without white space. */
  text: string;
  spaceBefore: boolean;
  spaceAfter: boolean;
}

const STARTS_WORD = /^[\p{L}\p{N}]/u;

/** How each token of a vocabulary prints. */
export class TokenPrinter {
  readonly #printed: readonly PrintedToken[];

  constructor(mode: TokenizerMode, tokens: readonly string[]) {
    this.#printed = tokens.map((text) => printedToken(mode, text));
  }

  /** @throws RangeError when there is no such id */
  printed(id: number): PrintedToken {
    const token = this.#printed[id];
    if (token === undefined) throw new RangeError(`token id ${id} is not in 0 to ${this.#printed.length - 1}`);
    return token;
  }
}

function printedToken(mode: TokenizerMode, text: string): PrintedToken {
  const word = { kind: Kind.Word, text, spaceBefore: true, spaceAfter: true };
  if (text === DOCUMENT_TOKEN) return { ...word, kind: Kind.Break, text: '\n\n' };
  if (text === UNKNOWN_TOKEN) return { ...word, kind: Kind.Unknown };
  if (mode === 'pretokenized') return text === END_OF_LINE_TOKEN ? { ...word, kind: Kind.LineEnd, text: '\n' } : word;
  if (mode === 'words') return word;
  if (text === PARAGRAPH_TOKEN) return { ...word, kind: Kind.Break, text: '\n\n' };
  if (text === CAPITAL_TOKEN) return { ...word, kind: Kind.Capital };
  if (text === UPPER_TOKEN) return { ...word, kind: Kind.Upper };
  if (STARTS_WORD.test(text)) return word;
  return { kind: Kind.Mark, text: text.trim(), spaceBefore: text.startsWith(' '), spaceAfter: text.endsWith(' ') };
}

/** Prints tokens as they come: each `push` returns the text that the token adds, white space before it included. */
export class StreamDecoder {
  readonly #printer: TokenPrinter;
  #previous: PrintedToken | null = null;
  #casing: Kind = Kind.Word;
  #gapIsWritten = false;

  constructor(printer: TokenPrinter, previousIds: ArrayLike<number> = [], previousText = '') {
    this.#printer = printer;
    // Only the last token that prints, and a case marker after it, matter.
    for (let index = previousIds.length - 1; index >= 0 && this.#previous === null; index--) {
      const token = printer.printed(previousIds[index]!);
      if (!isCaseMarker(token.kind)) this.#previous = token;
      else if (index === previousIds.length - 1) this.#casing = token.kind;
    }
    this.#gapIsWritten = /\s$/u.test(previousText);
  }

  /** Text that `id` adds: empty for a case marker, which changes the next word. */
  push(id: number): string {
    const token = this.#printer.printed(id);
    const text = this.preview(id);
    if (isCaseMarker(token.kind)) {
      this.#casing = token.kind;
      return text;
    }
    this.#previous = token;
    this.#casing = Kind.Word;
    this.#gapIsWritten = false;
    return text;
  }

  /** What `push(id)` would return; nothing changes. */
  preview(id: number): string {
    const token = this.#printer.printed(id);
    return isCaseMarker(token.kind) ? '' : this.#gapBefore(token) + this.#written(token);
  }

  #written(token: PrintedToken): string {
    const previous = this.#previous;
    // No blank line at the beginning, and never two.
    if (token.kind === Kind.Break) return previous === null || previous.kind === Kind.Break ? '' : token.text;
    if (token.kind !== Kind.Word) return token.text;
    if (this.#casing === Kind.Capital) return capitalize(token.text);
    if (this.#casing === Kind.Upper) return token.text.toUpperCase().normalize('NFC');
    return token.text;
  }

  #gapBefore(token: PrintedToken): string {
    const previous = this.#previous;
    if (this.#gapIsWritten || previous === null || isLineBreak(previous.kind) || isLineBreak(token.kind)) return '';
    // A mark says what stands beside it; between two marks the right one does.
    const isSpaced = token.kind === Kind.Mark ? token.spaceBefore : previous.spaceAfter;
    return isSpaced ? ' ' : '';
  }
}

function isCaseMarker(kind: Kind): boolean {
  return kind === Kind.Capital || kind === Kind.Upper;
}

function isLineBreak(kind: Kind): boolean {
  return kind === Kind.Break || kind === Kind.LineEnd;
}
