import { DOCUMENT_TOKEN, END_OF_LINE_TOKEN, UNKNOWN_TOKEN, wellFormed } from './token-forms.js';

// ASCII white space only, as the authors of the benchmarks counted: a byte order mark between spaces is a token.
const WORD = /[^ \t\v\f\r]+/gu;
const MAXIMUM_TOKEN_LENGTH = 256; // UTF-16 units

/** Receives the tokens of pretokenized text, in order. */
export interface PretokenizedSink {
  word(text: string): void;
  endOfLine(): void;
  /** `<unk>` itself, or a token that no vocabulary holds. */
  unknown(): void;
}

/**
 * Splits text that is tokenised already: tokens stand between white space and are taken as they are, every line end is a lexeme of its own.
 * A last line without a line end counts as a line.
 */
export class PretokenizedScanner {
  readonly #sink: PretokenizedSink;
  #rest = '';
  #lineBegun = false;

  constructor(sink: PretokenizedSink) {
    this.#sink = sink;
  }

  /** Scans the next piece of the text; where pieces are cut does not change what the sink receives. */
  push(piece: string): void {
    const text = this.#rest + piece;
    let end = text.length;
    while (end > 0 && !isSpace(text.charCodeAt(end - 1))) end--;
    this.#scan(text.slice(0, end));
    this.#rest = text.slice(end);
    // Longer than any token: unknown by its length, so that the rest of it need not be kept.
    if (this.#rest.length > MAXIMUM_TOKEN_LENGTH) this.#rest = 'x'.repeat(MAXIMUM_TOKEN_LENGTH + 1);
  }

  /** Scans what is left and makes the scanner ready for another text. */
  finish(): void {
    this.#scan(this.#rest);
    this.#rest = '';
    if (this.#lineBegun) this.#endLine();
  }

  #scan(text: string): void {
    let start = 0;
    while (start < text.length) {
      const found = text.indexOf('\n', start);
      const end = found < 0 ? text.length : found;
      for (const [token] of text.slice(start, end).matchAll(WORD)) this.#report(token);
      if (found >= 0) this.#endLine();
      start = end + 1;
    }
  }

  #report(token: string): void {
    this.#lineBegun = true;
    if (token === END_OF_LINE_TOKEN) this.#sink.endOfLine();
    else if (token === UNKNOWN_TOKEN || token === DOCUMENT_TOKEN || token.length > MAXIMUM_TOKEN_LENGTH)
      this.#sink.unknown();
    else this.#sink.word(wellFormed(token));
  }

  #endLine(): void {
    this.#sink.endOfLine();
    this.#lineBegun = false;
  }
}

function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}
