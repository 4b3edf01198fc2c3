/** Where the author's text lies in a document, in characters of its decoded text. */
export interface DocumentBody {
  ranges: { start: number; end: number }[];
  /** Characters outside of the ranges: header, licence and credits of Project Gutenberg. */
  removedCharacters: number;
  /** Lines are whole paragraphs: each line end is a paragraph break. */
  hasParagraphLines: boolean;
}

const BOOK_STARTS = /^\s*\*+\s*START OF (?:THE|THIS) PROJECT GUTENBERG/iu;
// Until 2003 the header ended with "*END*THE SMALL PRINT! FOR PUBLIC DOMAIN ETEXTS*Ver.04.29.93*END*".
const SMALL_PRINT_ENDS = /^\s*\*+\s*END\b[\s*]*(?:THE )?SMALL PRINT/iu;
const SMALL_PRINT_STARTS = /^\s*\*+\s*START[\s*]*(?:THE )?SMALL PRINT/iu;
const BOOK_ENDS = /^[\s*]*END OF (?:THE |THIS )?PROJECT GUTENBERG/iu;
const LICENCE_STARTS = /^[\s*]*START: FULL LICEN[CS]E/iu;
const CREDITS =
  /^\s*\[?(?:produced by|e-?text (?:prepared|produced|transcribed) by|transcribed (?:by|from)|prepared by|scanned (?:and|by)|this e-?(?:book|text) was (?:produced|prepared|transcribed))/iu;

const HEAD_LENGTH = 300; // characters of a line that a marker may need
const LONGEST_HEADER = 100_000; // characters before the first marker
const LONGEST_SMALL_PRINT = 40_000;
const LONG_LINE = 200;
const LONG_LINE_SHARE = 0.5;

/** Finds the body of a document that is pushed in pieces of any size; looks at each line once and keeps none. */
export class BodyFinder {
  #offset = 0;
  #lineStart = 0;
  #lineHead = '';
  #longCharacters = 0;
  #ranges: { start: number; end: number }[] = [];
  #open: number | null = 0;
  #hasStarted = false;
  // After a start marker: the rest of the marker, blank lines and credits are not the body yet.
  #after: 'marker' | 'blank' | 'credits' | null = null;

  push(piece: string): void {
    let start = 0;
    for (let end = piece.indexOf('\n'); end >= 0; end = piece.indexOf('\n', start)) {
      this.#addToHead(piece, start, end);
      this.#endLine(this.#offset + end + 1);
      start = end + 1;
    }
    this.#addToHead(piece, start, piece.length);
    this.#offset += piece.length;
  }

  finish(): DocumentBody {
    if (this.#offset > this.#lineStart) this.#endLine(this.#offset);
    if (this.#open !== null) this.#ranges.push({ start: this.#open, end: this.#offset });
    const kept = this.#ranges.reduce((sum, { start, end }) => sum + end - start, 0);
    return {
      ranges: this.#ranges,
      removedCharacters: this.#offset - kept,
      hasParagraphLines: this.#longCharacters > this.#offset * LONG_LINE_SHARE,
    };
  }

  #addToHead(piece: string, start: number, end: number): void {
    const missing = HEAD_LENGTH - this.#lineHead.length;
    if (missing > 0 && end > start) this.#lineHead += piece.slice(start, Math.min(end, start + missing));
  }

  #endLine(nextLine: number): void {
    const length = nextLine - this.#lineStart;
    if (length > LONG_LINE) this.#longCharacters += length;
    const head = this.#lineHead;
    if (this.#after !== null) this.#skipCredits(head, nextLine);
    if (mayBeMarker(head)) this.#checkMarker(head, nextLine);
    this.#lineStart = nextLine;
    this.#lineHead = '';
  }

  #checkMarker(line: string, nextLine: number): void {
    if (BOOK_STARTS.test(line) || SMALL_PRINT_ENDS.test(line)) {
      if (!this.#hasStarted && this.#lineStart <= LONGEST_HEADER) this.#ranges = [];
      else if (this.#open !== null && this.#lineStart - this.#open > LONGEST_SMALL_PRINT) this.#close();
      this.#hasStarted = true;
      this.#open = nextLine;
      this.#after = /\*\s*$/u.test(line) ? 'blank' : 'marker';
    } else if (BOOK_ENDS.test(line) || LICENCE_STARTS.test(line) || SMALL_PRINT_STARTS.test(line)) {
      this.#close();
    }
  }

  #close(): void {
    if (this.#open !== null) this.#ranges.push({ start: this.#open, end: this.#lineStart });
    this.#open = null;
    this.#after = null;
  }

  #skipCredits(line: string, nextLine: number): void {
    const isBlank = line.trim() === '';
    if (this.#after === 'marker') {
      if (isBlank || /\*\s*$/u.test(line)) this.#after = 'blank';
    } else if (isBlank) {
      this.#after = 'blank';
    } else if (this.#after === 'blank') {
      this.#after = CREDITS.test(line) ? 'credits' : null;
    }
    if (this.#after !== null) this.#open = nextLine;
  }
}

/** Markers begin with an asterisk or the word End; nearly every other line is told apart by one character. */
function mayBeMarker(line: string): boolean {
  const first = line.charCodeAt(0);
  if (first === 32 || first === 9) return mayBeMarker(line.trimStart());
  return first === 42 || first === 69 || first === 101;
}
