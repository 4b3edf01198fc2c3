import { createHash } from 'node:crypto';
import { CodedError } from '#errors';

/** A document that can be held out. */
export interface SplittableDocument {
  /** SHA-256 of its text: the split depends on what the documents say, not on what they are called. */
  sha256: string;
  /** Tokens. */
  length: number;
}

/** Tokens of one document that belong to one part. */
export interface Block {
  /** Index of the document. */
  document: number;
  /** First token within the document. */
  start: number;
  /** Number of tokens. */
  length: number;
}

export interface SplitOptions {
  seed: number;
  /** Shares of all tokens, 0 or more, together less than 1. */
  validationFraction: number;
  testFraction: number;
  /** Most tokens in the training part; held-out parts shrink with it. Undefined: no limit. */
  maxTokens?: number | undefined;
}

export interface Split {
  train: Block[];
  validation: Block[];
  test: Block[];
  /** Held-out text shares a document with the training part, because there are fewer than three. */
  sharesDocument: boolean;
}

const DOCUMENTS_FOR_WHOLE_SPLIT = 3;

/**
 * Divides documents into training, validation and test part. With three documents or more each goes to one part whole: in the order of a seeded
 * hash, a document is held out when that brings the part closer to its share; the longest is always trained on. With fewer, the end of the
 * longest is held out.
 * @throws invalid_value when the fractions leave nothing to train on
 */
export function splitDocuments(documents: readonly SplittableDocument[], options: SplitOptions): Split {
  const { validationFraction, testFraction, maxTokens = Infinity } = options;
  checkFractions(validationFraction, testFraction);
  const everything = documents.reduce((sum, { length }) => sum + length, 0);
  const used = Math.min(everything, maxTokens / (1 - validationFraction - testFraction));
  const targets = { validation: Math.round(used * validationFraction), test: Math.round(used * testFraction) };
  const order = seededOrder(documents, options.seed);
  const isWhole = documents.length >= DOCUMENTS_FOR_WHOLE_SPLIT;
  const split = isWhole ? splitWhole(documents, order, targets) : splitLongest(documents, targets);
  if (used < everything) {
    split.validation = firstTokens(split.validation, targets.validation);
    split.test = firstTokens(split.test, targets.test);
    split.train = firstTokens(inOrder(split.train, order), maxTokens);
  }
  for (const part of [split.train, split.validation, split.test])
    part.sort((a, b) => a.document - b.document || a.start - b.start);
  return split;
}

function checkFractions(validationFraction: number, testFraction: number): void {
  for (const [name, fraction] of [
    ['validation_fraction', validationFraction],
    ['test_fraction', testFraction],
  ] as const) {
    if (!(fraction >= 0 && fraction < 1))
      throw new CodedError(
        'invalid_value',
        `${name} is ${fraction}, but must be at least 0 and below 1 (0.05 is usual).`,
        { param: name },
      );
  }
  if (validationFraction + testFraction > 0.9) {
    throw new CodedError(
      'invalid_value',
      `validation_fraction and test_fraction are ${validationFraction + testFraction} together, which leaves less than a tenth to train on. Lower them.`,
      { param: 'validation_fraction' },
    );
  }
}

interface Targets {
  validation: number;
  test: number;
}

function splitWhole(documents: readonly SplittableDocument[], order: readonly number[], targets: Targets): Split {
  const lengthOf = (index: number): number => documents[index]?.length ?? 0;
  const longest = order.reduce((best, index) => (lengthOf(index) > lengthOf(best) ? index : best), order[0] ?? 0);
  let free = order.filter((index) => index !== longest);
  const take = (target: number, leave: number): number[] => {
    const taken = target === 0 ? [] : closestTo(target, free, lengthOf, free.length - leave);
    free = free.filter((index) => !taken.includes(index));
    return taken;
  };
  const validation = take(targets.validation, targets.test > 0 ? 1 : 0);
  const test = take(targets.test, 0);
  const blocks = (indices: readonly number[]): Block[] =>
    indices.map((document) => ({ document, start: 0, length: lengthOf(document) }));
  return {
    train: blocks([...free, longest]),
    validation: blocks(validation),
    test: blocks(test),
    sharesDocument: false,
  };
}

/** Documents, at least one and at most `most`, whose lengths add up to about `target`. */
function closestTo(
  target: number,
  order: readonly number[],
  lengthOf: (index: number) => number,
  most: number,
): number[] {
  const taken: number[] = [];
  let sum = 0;
  for (const index of order) {
    const after = sum + lengthOf(index);
    if (taken.length >= most || Math.abs(after - target) >= Math.abs(sum - target)) continue;
    taken.push(index);
    sum = after;
  }
  if (taken.length > 0) return taken;
  const distance = (index: number): number => Math.abs(lengthOf(index) - target);
  return [order.reduce((best, index) => (distance(index) < distance(best) ? index : best), order[0] ?? 0)];
}

function splitLongest(documents: readonly SplittableDocument[], targets: Targets): Split {
  const train: Block[] = [];
  const validation: Block[] = [];
  const test: Block[] = [];
  const longest = documents.reduce(
    (best, { length }, index) => (length > (documents[best]?.length ?? 0) ? index : best),
    0,
  );
  for (const [document, { length }] of documents.entries()) {
    if (document !== longest) {
      train.push({ document, start: 0, length });
      continue;
    }
    // At least half of it stays in the training part.
    const scale = Math.min(1, length / 2 / Math.max(1, targets.validation + targets.test));
    const tested = Math.floor(targets.test * scale);
    const validated = Math.floor(targets.validation * scale);
    const trained = length - tested - validated;
    train.push({ document, start: 0, length: trained });
    if (validated > 0) validation.push({ document, start: trained, length: validated });
    if (tested > 0) test.push({ document, start: trained + validated, length: tested });
  }
  return { train, validation, test, sharesDocument: validation.length + test.length > 0 };
}

/** The first blocks that hold `limit` tokens together; the last one is cut. */
function firstTokens(blocks: readonly Block[], limit: number): Block[] {
  const kept: Block[] = [];
  let free = limit;
  for (const block of blocks) {
    if (free <= 0) break;
    kept.push({ ...block, length: Math.min(block.length, free) });
    free -= block.length;
  }
  return kept;
}

function inOrder(blocks: readonly Block[], order: readonly number[]): Block[] {
  const rank = new Map(order.map((document, index) => [document, index]));
  return [...blocks].sort((a, b) => (rank.get(a.document) ?? 0) - (rank.get(b.document) ?? 0));
}

function seededOrder(documents: readonly SplittableDocument[], seed: number): number[] {
  const keys = documents.map(({ sha256 }) => createHash('sha256').update(`${seed}:${sha256}`).digest('hex'));
  return documents.map((_, index) => index).sort((a, b) => ((keys[a] ?? '') < (keys[b] ?? '') ? -1 : 1));
}
