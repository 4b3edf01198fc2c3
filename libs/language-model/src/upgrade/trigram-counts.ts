import { setImmediate } from 'node:timers/promises';

/** Positions that are sorted at a time; two buffers of 4 bytes each hold them, whatever the length of the text. */
const CHUNK = 16_000_000;

/** Successors of a context in a sorted table: entries `start` to `end` (excluded). */
export interface Range {
  readonly start: number;
  readonly end: number;
}

interface Tables {
  /** How often each word comes, the first two and the last included. */
  readonly unigrams: Uint32Array;
  /** First entry of each first word u in the bigram table; one more at the end. */
  readonly bigramStart: Uint32Array;
  /** v and c(u, v), sorted by u, v. */
  readonly bigramWord: Uint16Array;
  readonly bigramCount: Uint32Array;
  /** First entry of each bigram in the trigram table; one more at the end. */
  readonly trigramStart: Uint32Array;
  /** w and c(u, v, w), sorted by u, v, w. */
  readonly trigramWord: Uint16Array;
  readonly trigramCount: Uint32Array;
}

/**
 * Counts of the words, pairs and triples of a text in sorted arrays. A pair is counted where a third word follows it, so that
 * c(u, v) is the sum of c(u, v, w) over w. Memory while counting: 128 MB and about 8 bytes for each distinct triple and pair, twice.
 */
export class TrigramCounts {
  /** c(v) = sum of c(v, w) over w. */
  readonly contexts: Float64Array;

  private constructor(
    readonly vocabularySize: number,
    readonly tokens: number,
    private readonly tables: Tables,
  ) {
    this.contexts = Float64Array.from({ length: vocabularySize }, (_, v) => {
      let sum = 0;
      for (let i = tables.bigramStart[v]!; i < tables.bigramStart[v + 1]!; i++) sum += tables.bigramCount[i]!;
      return sum;
    });
  }

  /**
   * Counts a text of at least three tokens with ids below `vocabularySize`. Lets the event loop run between its passes.
   * @throws the signal's reason
   */
  static async count(
    ids: Uint16Array,
    vocabularySize: number,
    signal?: AbortSignal,
    chunk = CHUNK,
  ): Promise<TrigramCounts> {
    const unigrams = new Uint32Array(vocabularySize);
    for (const id of ids) unigrams[id]!++;
    const parts: Part[] = [];
    for (let first = 0; first < vocabularySize;) {
      let [end, positions] = [first, 0];
      while (end < vocabularySize && (end === first || positions + unigrams[end]! <= chunk))
        positions += unigrams[end++]!;
      signal?.throwIfAborted();
      parts.push(await countFirstWords(ids, first, end, positions, vocabularySize, signal));
      first = end;
    }
    return new TrigramCounts(vocabularySize, ids.length, { unigrams, ...join(parts, vocabularySize) });
  }

  get distinctTrigrams(): number {
    return this.tables.trigramWord.length;
  }

  unigram(word: number): number {
    return this.tables.unigrams[word]!;
  }

  /** Index of the pair u v; -1 when a third word never follows it. */
  bigram(u: number, v: number): number {
    const { bigramStart, bigramWord } = this.tables;
    return find(bigramWord, bigramStart[u]!, bigramStart[u + 1]!, v);
  }

  /** c(u, v) of a pair by its index; 0 for -1. */
  bigramCount(index: number): number {
    return index < 0 ? 0 : this.tables.bigramCount[index]!;
  }

  /** c(u, v, w) of a pair by its index and a word; 0 for -1. */
  trigramCount(bigram: number, w: number): number {
    if (bigram < 0) return 0;
    const { start, end } = this.successorsOfPair(bigram);
    const index = find(this.tables.trigramWord, start, end, w);
    return index < 0 ? 0 : this.tables.trigramCount[index]!;
  }

  /** Entries of the words that follow a pair; `trigramEntry` reads them. */
  successorsOfPair(bigram: number): Range {
    const { trigramStart } = this.tables;
    return { start: trigramStart[bigram]!, end: trigramStart[bigram + 1]! };
  }

  trigramEntry(index: number): { word: number; count: number } {
    return { word: this.tables.trigramWord[index]!, count: this.tables.trigramCount[index]! };
  }

  /** Entries of the words that follow a word; `bigramEntry` reads them. */
  successorsOfWord(v: number): Range {
    const { bigramStart } = this.tables;
    return { start: bigramStart[v]!, end: bigramStart[v + 1]! };
  }

  bigramEntry(index: number): { word: number; count: number } {
    return { word: this.tables.bigramWord[index]!, count: this.tables.bigramCount[index]! };
  }
}

/** Index of a word in a sorted stretch of an array; -1 when it is not there. */
function find(words: Uint16Array, start: number, end: number, word: number): number {
  let [low, high] = [start, end];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (words[middle]! < word) low = middle + 1;
    else high = middle;
  }
  return low < end && words[low] === word ? low : -1;
}

interface Part {
  readonly bigramsOf: Uint32Array;
  readonly bigramWord: Uint16Array;
  readonly bigramCount: Uint32Array;
  readonly trigramsOf: Uint32Array;
  readonly trigramWord: Uint16Array;
  readonly trigramCount: Uint32Array;
}

/** Counts the triples whose first word is from `first` to `end` (excluded); at most `most` positions begin with one. */
async function countFirstWords(
  ids: Uint16Array,
  first: number,
  end: number,
  most: number,
  vocabularySize: number,
  signal?: AbortSignal,
): Promise<Part> {
  let positions = new Uint32Array(most);
  let spare = new Uint32Array(most);
  let n = 0;
  for (let i = 0; i < ids.length - 2; i++) if (ids[i]! >= first && ids[i]! < end) positions[n++] = i;
  // Least significant word first; counting sort keeps the order of equals.
  for (const offset of [2, 1, 0]) {
    sortByWord(ids, offset, positions, spare, n, vocabularySize);
    [positions, spare] = [spare, positions];
    await setImmediate();
    signal?.throwIfAborted();
  }
  let [bigrams, trigrams] = [0, 0];
  for (let i = 0; i < n; i++) {
    const differs = firstDifference(ids, positions, i);
    if (differs < 2) bigrams++;
    if (differs < 3) trigrams++;
  }
  const part: Part = {
    bigramsOf: new Uint32Array(end - first),
    bigramWord: new Uint16Array(bigrams),
    bigramCount: new Uint32Array(bigrams),
    trigramsOf: new Uint32Array(bigrams),
    trigramWord: new Uint16Array(trigrams),
    trigramCount: new Uint32Array(trigrams),
  };
  let [bigram, trigram] = [-1, -1];
  for (let i = 0; i < n; i++) {
    const position = positions[i]!;
    const differs = firstDifference(ids, positions, i);
    if (differs < 2) {
      part.bigramWord[++bigram] = ids[position + 1]!;
      part.bigramsOf[ids[position]! - first]!++;
    }
    if (differs < 3) {
      part.trigramWord[++trigram] = ids[position + 2]!;
      part.trigramsOf[bigram]!++;
    }
    part.bigramCount[bigram]!++;
    part.trigramCount[trigram]!++;
  }
  return part;
}

function sortByWord(
  ids: Uint16Array,
  offset: number,
  from: Uint32Array,
  to: Uint32Array,
  n: number,
  vocabularySize: number,
): void {
  const next = new Uint32Array(vocabularySize + 1);
  for (let i = 0; i < n; i++) next[ids[from[i]! + offset]! + 1]!++;
  for (let word = 0; word < vocabularySize; word++) next[word + 1]! += next[word]!;
  for (let i = 0; i < n; i++) {
    const position = from[i]!;
    to[next[ids[position + offset]!]!++] = position;
  }
}

/** Which word of the i-th triple is the first that differs from the one before it; 3 when none does. */
function firstDifference(ids: Uint16Array, positions: Uint32Array, i: number): number {
  if (i === 0) return 0;
  const [before, position] = [positions[i - 1]!, positions[i]!];
  if (ids[before] !== ids[position]) return 0;
  if (ids[before + 1] !== ids[position + 1]) return 1;
  return ids[before + 2] === ids[position + 2] ? 3 : 2;
}

function join(parts: readonly Part[], vocabularySize: number): Omit<Tables, 'unigrams'> {
  const starts = (counts: readonly Uint32Array[], length: number): Uint32Array => {
    const result = new Uint32Array(length + 1);
    let index = 0;
    for (const some of counts) {
      for (const count of some) {
        result[index + 1] = result[index]! + count;
        index++;
      }
    }
    return result;
  };
  const bigrams = parts.reduce((sum, { bigramWord }) => sum + bigramWord.length, 0);
  const trigrams = parts.reduce((sum, { trigramWord }) => sum + trigramWord.length, 0);
  return {
    bigramStart: starts(
      parts.map(({ bigramsOf }) => bigramsOf),
      vocabularySize,
    ),
    bigramWord: concatenate(
      new Uint16Array(bigrams),
      parts.map((part) => part.bigramWord),
    ),
    bigramCount: concatenate(
      new Uint32Array(bigrams),
      parts.map((part) => part.bigramCount),
    ),
    trigramStart: starts(
      parts.map(({ trigramsOf }) => trigramsOf),
      bigrams,
    ),
    trigramWord: concatenate(
      new Uint16Array(trigrams),
      parts.map((part) => part.trigramWord),
    ),
    trigramCount: concatenate(
      new Uint32Array(trigrams),
      parts.map((part) => part.trigramCount),
    ),
  };
}

function concatenate<A extends Uint16Array | Uint32Array>(into: A, parts: readonly A[]): A {
  let position = 0;
  for (const part of parts) {
    into.set(part, position);
    position += part.length;
  }
  return into;
}
