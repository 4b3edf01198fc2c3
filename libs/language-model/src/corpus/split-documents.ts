import { createHash } from 'node:crypto';
import { CodedError } from '#errors';

/** A document that can be held out. */
export interface SplittableDocument {
  /** SHA-256 of its text: the split depends on what the documents say, not on what they are called. */
  sha256: string;
  /** Tokens. */
  length: number;
  /** Documents of the same group go to the same part. Default: a group of its own. */
  group?: number | undefined;
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
  /** Documents of one group may be in different parts, because there are fewer than three groups. */
  dividesGroups: boolean;
}

const DOCUMENTS_FOR_WHOLE_SPLIT = 3;

/**
 * Divides documents into training, validation and test part. With three documents or more each goes to one part whole: in the order of a seeded
 * hash, a document is held out when that brings the part closer to its share; the longest is always trained on. With fewer, the end of the
 * longest is held out. A group counts as one document, as long as there are three.
 * @throws invalid_value when the fractions leave nothing to train on
 */
export function splitDocuments(documents: readonly SplittableDocument[], options: SplitOptions): Split {
  const { validationFraction, testFraction, maxTokens = Infinity } = options;
  checkFractions(validationFraction, testFraction);
  const everything = documents.reduce((sum, { length }) => sum + length, 0);
  const used = Math.min(everything, maxTokens / (1 - validationFraction - testFraction));
  const targets = { validation: Math.round(used * validationFraction), test: Math.round(used * testFraction) };
  const groups = groupsOf(documents);
  const dividesGroups = groups.length < DOCUMENTS_FOR_WHOLE_SPLIT && groups.length < documents.length;
  const units = seededOrder(dividesGroups ? documents.map(groupOfOne) : groups, options.seed);
  const isWhole = documents.length >= DOCUMENTS_FOR_WHOLE_SPLIT;
  const split: Split = {
    ...(isWhole ? splitWhole(documents, units, targets) : splitLongest(documents, targets)),
    dividesGroups,
  };
  if (used < everything) {
    split.validation = firstTokens(split.validation, targets.validation);
    split.test = firstTokens(split.test, targets.test);
    split.train = firstTokens(
      inOrder(
        split.train,
        units.flatMap(({ members }) => members),
      ),
      maxTokens,
    );
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

/** Documents that stay together. */
interface Group {
  /** Indices of the documents. */
  members: number[];
  /** The smallest hash of its documents. */
  sha256: string;
  /** Tokens of all. */
  length: number;
}

function groupOfOne({ sha256, length }: SplittableDocument, index: number): Group {
  return { members: [index], sha256, length };
}

function groupsOf(documents: readonly SplittableDocument[]): Group[] {
  const named = new Map<number, Group>();
  const groups: Group[] = [];
  for (const [index, document] of documents.entries()) {
    const known = document.group === undefined ? undefined : named.get(document.group);
    if (known === undefined) {
      const group = groupOfOne(document, index);
      groups.push(group);
      if (document.group !== undefined) named.set(document.group, group);
      continue;
    }
    known.members.push(index);
    known.length += document.length;
    if (document.sha256 < known.sha256) known.sha256 = document.sha256;
  }
  return groups;
}

type Parts = Omit<Split, 'dividesGroups'>;

function splitWhole(documents: readonly SplittableDocument[], units: readonly Group[], targets: Targets): Parts {
  const longest = units.reduce((best, unit) => (unit.length > best.length ? unit : best));
  let free = units.filter((unit) => unit !== longest);
  const take = (target: number, leave: number): Group[] => {
    const taken = new Set(target === 0 ? [] : closestTo(target, free, free.length - leave));
    free = free.filter((unit) => !taken.has(unit));
    return [...taken];
  };
  const validation = take(targets.validation, targets.test > 0 ? 1 : 0);
  const test = take(targets.test, 0);
  const blocks = (groups: readonly Group[]): Block[] =>
    groups.flatMap(({ members }) =>
      members.map((document) => ({ document, start: 0, length: documents[document]?.length ?? 0 })),
    );
  return {
    train: blocks([...free, longest]),
    validation: blocks(validation),
    test: blocks(test),
    sharesDocument: false,
  };
}

/** Groups, at least one and at most `most`, whose lengths add up to about `target`. */
function closestTo(target: number, units: readonly Group[], most: number): Group[] {
  const taken: Group[] = [];
  let sum = 0;
  for (const unit of units) {
    const after = sum + unit.length;
    if (taken.length >= most || Math.abs(after - target) >= Math.abs(sum - target)) continue;
    taken.push(unit);
    sum = after;
  }
  if (taken.length > 0) return taken;
  const distance = ({ length }: Group): number => Math.abs(length - target);
  return [units.reduce((best, unit) => (distance(unit) < distance(best) ? unit : best))];
}

function splitLongest(documents: readonly SplittableDocument[], targets: Targets): Parts {
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

function seededOrder(units: readonly Group[], seed: number): Group[] {
  const keyed = units.map((unit) => ({
    unit,
    key: createHash('sha256').update(`${seed}:${unit.sha256}`).digest('hex'),
  }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ unit }) => unit);
}
