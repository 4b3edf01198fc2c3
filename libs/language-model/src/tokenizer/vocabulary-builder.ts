import { CodedError } from '#errors';
import { createScanner } from './create-scanner.js';
import { IdBuffer } from './id-buffer.js';
import type { Gap, TokenizerMode } from './token-forms.js';
import {
  CAPITAL_TOKEN,
  compareCodePoints,
  END_OF_LINE_TOKEN,
  LARGEST_VOCABULARY,
  PARAGRAPH_TOKEN,
  punctuationForms,
  RESERVED_TOKENS,
  UNKNOWN_ID,
  UPPER_TOKEN,
} from './token-forms.js';
import { Tokenizer } from './tokenizer.js';

// Provisional ids of the tokens that no word or mark has; 0 is unknown, 1 is never used here.
const RESERVED_IDS: ReadonlyMap<string, number> = new Map([
  [CAPITAL_TOKEN, 2],
  [UPPER_TOKEN, 3],
  [PARAGRAPH_TOKEN, 4],
  [END_OF_LINE_TOKEN, 5],
]);
const FIRST_FREE = 6;
const GAP_STATES = 9; // gaps on the left times gaps on the right

/** A contiguous run of the tokens read so far. */
export interface TokenRange {
  /** Index of the first token. */
  start: number;
  /** Number of tokens. */
  length: number;
}

/** A tokenizer chosen from counted text, and the mapping that turns the text read already into its ids. */
export interface BuiltVocabulary {
  tokenizer: Tokenizer;
  /** Distinct words and marks in the counted ranges, in the vocabulary or not. */
  distinctTokens: number;
  /** Writes the final ids of a range to `target` from `offset` on; returns how many of them are unknown. */
  encodeRange(range: TokenRange, target: Uint16Array, offset: number): number;
}

/**
 * Reads each document once: tokens get provisional ids while the vocabulary is still unknown, and their final ids when it has been chosen.
 * Holds 4 bytes a token and a dictionary of at most `dictionaryLimit` words; beyond it the rarest words so far are forgotten and
 * count as unknown (`forgottenWords`), in the same way on every run. Words of `keep` are never forgotten.
 */
export class VocabularyBuilder {
  readonly mode: TokenizerMode;
  readonly #scanner: ReturnType<typeof createScanner>;
  readonly #ids = new IdBuffer();
  readonly #words = new Map<string, number>();
  // Provisional ids of a mark by the gaps beside it; 0 where not seen.
  readonly #marks = new Map<string, Uint32Array>();
  readonly #dictionaryLimit: number;
  readonly #keep: Tokenizer | undefined;
  #marksSeen = 0;
  #counts = new Uint32Array(1 << 12);
  // Hash of the word that an id stands for, whatever its case; 0 for what is no word.
  #hashes = new Uint32Array(1 << 12);
  #nextId = FIRST_FREE;
  #forgotten = 0;

  constructor(mode: TokenizerMode, options: { dictionaryLimit?: number; keep?: Tokenizer | undefined } = {}) {
    this.mode = mode;
    this.#keep = options.keep;
    this.#dictionaryLimit = options.dictionaryLimit ?? 1 << 20;
    this.#scanner = createScanner(mode, {
      word: (text) => {
        this.#add(this.#wordId(text));
      },
      mark: (mark, left, right) => {
        this.#add(this.#markId(mark, left, right));
      },
      reserved: (token) => {
        this.#add(RESERVED_IDS.get(token) ?? UNKNOWN_ID);
      },
      unknown: () => {
        this.#add(UNKNOWN_ID);
      },
    });
  }

  /** Tokens read so far. */
  get length(): number {
    return this.#ids.length;
  }

  /** Words dropped from a full dictionary so far; 0 unless there are more distinct words than it holds. */
  get forgottenWords(): number {
    return this.#forgotten;
  }

  /** Reads the next piece of the current document; where pieces are cut makes no difference. */
  push(piece: string): void {
    this.#scanner.push(piece);
    if (this.#words.size + this.#marksSeen > this.#dictionaryLimit) this.#forgetRareWords();
  }

  /** Ends the document. */
  endDocument(): void {
    this.#scanner.finish(false);
  }

  /** Takes back the tokens from index `length` on, when a document turns out to be unwanted. */
  truncate(length: number): void {
    this.#ids.truncate(length);
  }

  /**
   * Chooses the most frequent tokens of `ranges` (ties by code point).
   * @param options.maxVocabularySize largest number of ids, special tokens included
   * @param options.minimumCount rarer words are unknown (default 1)
   * @throws invalid_value
   */
  build(ranges: readonly TokenRange[], options: { maxVocabularySize: number; minimumCount?: number }): BuiltVocabulary {
    const { maxVocabularySize, minimumCount = 1 } = options;
    const reserved = RESERVED_TOKENS[this.mode];
    if (
      !Number.isInteger(maxVocabularySize) ||
      maxVocabularySize <= reserved.length ||
      maxVocabularySize > LARGEST_VOCABULARY
    ) {
      throw new CodedError(
        'invalid_value',
        `max_vocab_size is ${maxVocabularySize}, but must be an integer from ${reserved.length + 1} to ${LARGEST_VOCABULARY} (10,000 is usual).`,
        { param: 'max_vocab_size' },
      );
    }
    const counts = this.#countRanges(ranges);
    const candidates = this.#candidates(counts);
    const distinctTokens = candidates.size;
    const sorted = [...candidates]
      .filter(([text, count]) => count >= minimumCount || reserved.includes(text))
      .sort(([textA, a], [textB, b]) => b - a || compareCodePoints(textA, textB));
    // Reserved tokens are in, whatever their rank.
    let free = maxVocabularySize - reserved.length;
    const chosen = sorted.filter(([text]) => reserved.includes(text) || free-- > 0).map(([text]) => text);
    const unseen = reserved.slice(2).filter((text) => !candidates.has(text));
    const tokenizer = Tokenizer.fromJSON({
      format: 'understudy-tokenizer',
      version: 1,
      mode: this.mode,
      tokens: [...reserved.slice(0, 2), ...chosen, ...unseen],
    });
    return { tokenizer, distinctTokens, encodeRange: this.#encoder(tokenizer) };
  }

  /** Encodes with a tokenizer that is there already instead of choosing a vocabulary. @throws RangeError when it is of another mode */
  encodeWith(tokenizer: Tokenizer, ranges: readonly TokenRange[]): BuiltVocabulary {
    if (tokenizer.mode !== this.mode)
      throw new RangeError(`text read in mode ${this.mode}, tokenizer of mode ${tokenizer.mode}`);
    const distinctTokens = this.#candidates(this.#countRanges(ranges)).size;
    return { tokenizer, distinctTokens, encodeRange: this.#encoder(tokenizer) };
  }

  /** Hashes of the words of a range that was read, in order; marks are passed over. */
  visitWords(range: TokenRange, visit: (hash: number) => void): void {
    for (const slice of this.#ids.slices(range.start, range.length)) {
      for (const id of slice) {
        const hash = this.#hashes[id]!;
        if (hash !== 0) visit(hash);
      }
    }
  }

  #add(id: number): void {
    this.#ids.push(id);
    this.#counts[id]!++;
  }

  #wordId(text: string): number {
    const known = this.#words.get(text);
    if (known !== undefined) return known;
    const id = this.#newId();
    this.#hashes[id] = hashOf(text.toLowerCase());
    // A copy: a slice would keep the whole piece of text it was cut from alive.
    this.#words.set(Buffer.from(text, 'utf16le').toString('utf16le'), id);
    return id;
  }

  #markId(mark: string, left: Gap, right: Gap): number {
    let ids = this.#marks.get(mark);
    if (ids === undefined) {
      ids = new Uint32Array(GAP_STATES);
      this.#marks.set(Buffer.from(mark, 'utf16le').toString('utf16le'), ids);
    }
    const state = left * 3 + right;
    const known = ids[state]!;
    if (known !== 0) return known;
    this.#marksSeen++;
    return (ids[state] = this.#newId());
  }

  #newId(): number {
    const id = this.#nextId++;
    if (id >= this.#counts.length) {
      this.#counts = grown(this.#counts);
      this.#hashes = grown(this.#hashes);
    }
    return id;
  }

  /** Drops the rarest words until half of the dictionary is free. Ids given out stay in the text and become unknown. */
  #forgetRareWords(): void {
    const frequencies = Uint32Array.from(this.#words.values(), (id) => this.#counts[id]!).sort();
    const threshold = frequencies[Math.max(0, frequencies.length - (this.#dictionaryLimit >> 1))] ?? 0;
    for (const [text, id] of this.#words) {
      if (this.#counts[id]! <= threshold && this.#keep?.idOf(text) === undefined) {
        this.#words.delete(text);
        this.#forgotten++;
      }
    }
    for (const [mark, ids] of this.#marks) {
      if (ids.every((id) => id === 0 || this.#counts[id]! <= threshold)) {
        this.#marks.delete(mark);
        this.#marksSeen -= ids.reduce((seen, id) => seen + (id === 0 ? 0 : 1), 0);
        this.#forgotten++;
      }
    }
  }

  #encoder(tokenizer: Tokenizer): BuiltVocabulary['encodeRange'] {
    const finalIds = this.#finalIds(tokenizer);
    return (range, target, offset) => {
      let position = offset;
      let unknown = 0;
      for (const slice of this.#ids.slices(range.start, range.length)) {
        for (const provisional of slice) {
          const id = finalIds[provisional] ?? UNKNOWN_ID;
          if (id === UNKNOWN_ID) unknown++;
          target[position++] = id;
        }
      }
      return unknown;
    };
  }

  #countRanges(ranges: readonly TokenRange[]): Uint32Array {
    const counts = new Uint32Array(this.#nextId);
    for (const range of ranges) {
      for (const slice of this.#ids.slices(range.start, range.length)) {
        for (const id of slice) counts[id]!++;
      }
    }
    return counts;
  }

  /** Counts by vocabulary spelling, without `<unk>` and `<doc>`. */
  #candidates(counts: Uint32Array): Map<string, number> {
    const candidates = new Map<string, number>();
    const add = (text: string, count: number): void => {
      if (count > 0) candidates.set(text, (candidates.get(text) ?? 0) + count);
    };
    for (const [text, id] of RESERVED_IDS) add(text, counts[id]!);
    for (const [text, id] of this.#words) add(text, counts[id]!);
    for (const [mark, ids] of this.#marks) {
      for (const [state, id] of ids.entries()) {
        if (id !== 0) add(formsOf(mark, state)[0] ?? mark, counts[id]!);
      }
    }
    return candidates;
  }

  /** Final id of every provisional id; 0 where the vocabulary has none. */
  #finalIds(tokenizer: Tokenizer): Uint16Array {
    const finalIds = new Uint16Array(this.#nextId);
    for (const [text, id] of [...RESERVED_IDS, ...this.#words]) finalIds[id] = tokenizer.idOf(text) ?? UNKNOWN_ID;
    for (const [mark, ids] of this.#marks) {
      for (const [state, id] of ids.entries()) {
        if (id !== 0) finalIds[id] = firstKnown(tokenizer, formsOf(mark, state));
      }
    }
    return finalIds;
  }
}

function grown(array: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(array.length * 2);
  larger.set(array);
  return larger;
}

/** FNV-1a of the UTF-16 units; never 0. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0 || 1;
}

function formsOf(mark: string, state: number): string[] {
  return punctuationForms(mark, Math.floor(state / 3) as Gap, (state % 3) as Gap);
}

function firstKnown(tokenizer: Tokenizer, forms: readonly string[]): number {
  for (const spelling of forms) {
    const id = tokenizer.idOf(spelling);
    if (id !== undefined) return id;
  }
  return UNKNOWN_ID;
}
