import type { TokenRange } from '../tokenizer/index.js';

/** Two documents that say nearly the same. */
export interface NearTwins {
  /** Indices of the documents, the smaller one first. */
  first: number;
  second: number;
  /** Share of the shingles of the one that has fewer which the other one has, too: 0.2 to 1. */
  sharedShare: number;
}

/** Hands out a hash for each word of a range, in order. */
export interface WordSource {
  visitWords(range: TokenRange, visit: (hash: number) => void): void;
}

const SHINGLE_WORDS = 5;
/** Plays of one author share up to 0.05, the same play in old and in modern spelling 0.25, editions that differ in corrections 0.6 to 0.99. */
const TWIN_SHARE = 0.2;
/** Fewest shared shingles that say something. */
const LEAST_SHARED = 16;
/** A shingle compares a document with so many that follow; nearly equal ones are then linked in a chain. */
const MOST_FOLLOWERS = 32;
const LARGEST_SKETCH = 1 << 22; // shingles, 8 bytes each
const DOCUMENT_BITS = 21; // with 32 bits of hash, what a double holds exactly
const RECENT = 1 << 14;
const BASE = 0x9e3779b1; // odd: multiplying loses no bits
const SQUARE = Math.imul(BASE, BASE);
const OLDEST = Math.imul(SQUARE, SQUARE); // what the first of five words has been multiplied by

/**
 * Finds documents that share at least a fifth of the shingles (five words in a row, whatever their case and punctuation) of the shorter one: other editions,
 * a volume beside the collected works, copies with edits. A hash decides which shingles are kept as the sketch of all documents, every one while
 * the corpus has no more than 4 million words, fewer of a larger one: memory is bounded, and what is estimated is containment, which a
 * plain MinHash signature cannot tell for documents of different lengths.
 * @see Broder, On the resemblance and containment of documents (1997), section 3: sketches of the shingles whose hash is 0 modulo m
 */
export function findNearTwins(
  documents: readonly TokenRange[],
  words: WordSource,
  largestSketch = LARGEST_SKETCH,
): NearTwins[] {
  const sketch = sketchOf(documents, words, largestSketch);
  const sizes = new Uint32Array(documents.length);
  const { members, ends } = sharedShingles(sketch, documents.length, sizes);
  const twins: NearTwins[] = [];
  const shared = new Uint32Array(documents.length);
  for (const [first, positions] of positionsByDocument(members, documents.length)) {
    const touched: number[] = [];
    for (const position of positions) {
      const end = Math.min(ends[position]!, position + 1 + MOST_FOLLOWERS);
      for (let next = position + 1; next < end; next++) {
        if (shared[members[next]!]!++ === 0) touched.push(members[next]!);
      }
    }
    for (const second of touched.sort((a, b) => a - b)) {
      const count = shared[second]!;
      const sharedShare = count / Math.min(sizes[first]!, sizes[second]!);
      if (count >= LEAST_SHARED && sharedShare >= TWIN_SHARE) twins.push({ first, second, sharedShare });
      shared[second] = 0;
    }
  }
  return twins;
}

/** Group of each document, named by its first document: twins, and twins of twins, are in one group. */
export function groupTwins(documents: number, twins: readonly NearTwins[]): Uint32Array {
  const parents = Uint32Array.from({ length: documents }, (_, index) => index);
  const rootOf = (document: number): number => {
    let root = document;
    while (parents[root] !== root) root = parents[root] = parents[parents[root]!]!;
    return root;
  };
  for (const { first, second } of twins) {
    const [a, b] = [rootOf(first), rootOf(second)];
    parents[Math.max(a, b)] = Math.min(a, b);
  }
  return parents.map((_, index) => rootOf(index));
}

/** `hash * documents + document` of the shingles that are kept, ascending; a shingle of a document is in it once. */
function sketchOf(documents: readonly TokenRange[], words: WordSource, largestSketch: number): Float64Array {
  const tokens = documents.reduce((sum, { length }) => sum + length, 0);
  const threshold = Math.min(1, largestSketch / tokens) * 2 ** 32;
  const dropped = Math.max(0, Math.ceil(Math.log2(documents.length)) - DOCUMENT_BITS);
  let sketch = new Float64Array(Math.min(tokens, largestSketch) + RECENT);
  let length = 0;
  const recent = new Uint32Array(RECENT);
  for (const [document, range] of documents.entries()) {
    recent.fill(0);
    visitShingles(range, words, (hash) => {
      if (hash >= threshold || recent[hash & (RECENT - 1)] === hash) return;
      recent[hash & (RECENT - 1)] = hash;
      if (length === sketch.length) sketch = grown(sketch);
      sketch[length++] = (hash >>> dropped) * documents.length + document;
    });
  }
  return withoutRepeats(sketch.subarray(0, length).sort());
}

/** Hashes of all runs of five words. */
function visitShingles(range: TokenRange, words: WordSource, visit: (hash: number) => void): void {
  const window = new Uint32Array(SHINGLE_WORDS);
  let count = 0;
  let rolling = 0;
  words.visitWords(range, (word) => {
    const slot = count++ % SHINGLE_WORDS;
    rolling = (Math.imul(rolling - Math.imul(window[slot]!, OLDEST), BASE) + word) | 0;
    window[slot] = word;
    if (count >= SHINGLE_WORDS) visit(mixed(rolling));
  });
}

/** Finaliser of MurmurHash3: every bit of the argument changes half of the bits. */
function mixed(value: number): number {
  let hash = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function grown(array: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(array.length * 2);
  larger.set(array);
  return larger;
}

function withoutRepeats(sorted: Float64Array): Float64Array {
  let length = 0;
  for (let index = 0; index < sorted.length; index++) {
    if (index === 0 || sorted[index] !== sorted[index - 1]) sorted[length++] = sorted[index]!;
  }
  return sorted.subarray(0, length);
}

/** Documents of the shingles that several have, shingle by shingle, and where each shingle's list ends; counts all shingles of each into `sizes`. */
function sharedShingles(
  sketch: Float64Array,
  documents: number,
  sizes: Uint32Array,
): { members: Uint32Array; ends: Uint32Array } {
  const members = new Uint32Array(sketch.length);
  const ends = new Uint32Array(sketch.length);
  let length = 0;
  for (let start = 0, end = 0; start < sketch.length; start = end) {
    const hash = Math.floor(sketch[start]! / documents);
    while (end < sketch.length && Math.floor(sketch[end]! / documents) === hash) {
      sizes[sketch[end]! % documents]!++;
      end++;
    }
    if (end - start === 1) continue;
    for (let index = start; index < end; index++) {
      members[length + index - start] = sketch[index]! % documents;
      ends[length + index - start] = length + end - start;
    }
    length += end - start;
  }
  return { members: members.subarray(0, length), ends: ends.subarray(0, length) };
}

/** For each document the positions at which it stands in `members`. */
function* positionsByDocument(members: Uint32Array, documents: number): Generator<[number, Uint32Array]> {
  const starts = new Uint32Array(documents + 1);
  for (const document of members) starts[document + 1]!++;
  for (let document = 0; document < documents; document++) starts[document + 1]! += starts[document]!;
  const next = starts.slice();
  const positions = new Uint32Array(members.length);
  for (const [position, document] of members.entries()) positions[next[document]!++] = position;
  for (let document = 0; document < documents; document++)
    yield [document, positions.subarray(starts[document], starts[document + 1])];
}
