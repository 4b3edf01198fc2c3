import { CodedError } from '#errors';
import type { CorpusPart, PreparedCorpus } from '../corpus/index.js';
import { DOCUMENT_ID } from '../tokenizer/index.js';
import type { HeldOutText } from './model-comparison.js';
import type { Unit } from './paired-bootstrap.js';

/** Fewest predicted tokens that say anything. */
const FEWEST_TOKENS = 100;
/** Fewest documents of which whole ones are drawn; with fewer, blocks of text are. */
const FEWEST_DOCUMENTS = 8;
/** Tokens of a block, unless that would make fewer than `FEWEST_BLOCKS`. */
const BLOCK_TOKENS = 1_000;
const FEWEST_BLOCKS = 20;

/** Text that models are compared on: the beginning of each held-out document. */
export interface ComparisonText {
  readonly part: HeldOutText['part'];
  readonly ids: Uint16Array;
  /** Where each document begins in `ids`; its first token is `<doc>`. */
  readonly starts: readonly number[];
  /** Predicted tokens; `<doc>` is not one of them, since a text that was cut does not end there. */
  readonly tokens: number;
}

/**
 * Takes at most `limit` tokens of the test part, or of the validation part where nothing was kept for a test: as much of each document
 * as the others leave room for.
 * @throws corpus_too_small when there is next to nothing
 */
export function comparisonText(corpus: PreparedCorpus, limit: number): ComparisonText {
  const name = corpus.test.ids.length > 1 ? 'test' : 'validation';
  const part = corpus[name];
  const most = evenShare(
    part.documents.map(({ length }) => length),
    limit,
  );
  const pieces = part.documents.map(({ start, length }) => part.ids.subarray(start, start + Math.min(length, most)));
  const ids = new Uint16Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  const starts: number[] = [];
  let position = 0;
  for (const piece of pieces) {
    starts.push(position);
    ids.set(piece, position);
    position += piece.length;
  }
  const tokens = ids.reduce((sum, id) => sum + (id === DOCUMENT_ID ? 0 : 1), 0);
  if (tokens < FEWEST_TOKENS) {
    throw new CodedError(
      'corpus_too_small',
      `The ${name} part has ${tokens} tokens, but at least ${FEWEST_TOKENS} are needed to compare models. Add text or raise ${name}_fraction.`,
      { param: `${name}_fraction` },
    );
  }
  return { part: name, ids, starts, tokens };
}

/** Largest length to which all can be cut so that they have at most `limit` tokens together. */
function evenShare(lengths: readonly number[], limit: number): number {
  let left = limit;
  for (const [index, length] of [...lengths].sort((a, b) => a - b).entries()) {
    const share = Math.floor(left / (lengths.length - index));
    if (length > share) return share;
    left -= length;
  }
  return Infinity;
}

/** Sums of a number of each predicted token (index 0 is the second token of the text) over documents, or over blocks where documents are few. */
export interface Units {
  readonly unit: 'documents' | 'blocks';
  readonly units: readonly Unit[];
}

/** Adds `valueOf` up over the units of resampling. */
export function unitsOf({ ids, starts, tokens }: ComparisonText, valueOf: (index: number) => number): Units {
  const byDocument = starts.length >= FEWEST_DOCUMENTS;
  const size = byDocument ? Infinity : Math.min(BLOCK_TOKENS, Math.ceil(tokens / FEWEST_BLOCKS));
  const units: Unit[] = [];
  for (const [document, start] of starts.entries()) {
    const end = starts[document + 1] ?? ids.length;
    for (let first = start + 1; first < end; first += size) {
      const last = Math.min(end, first + size);
      let sum = 0;
      for (let position = first; position < last; position++) sum += valueOf(position - 1);
      units.push({ sum, tokens: last - first });
    }
  }
  return { unit: byDocument ? 'documents' : 'blocks', units };
}

/** Indices of the predicted tokens, `<doc>` left out. */
export function* predictedTokens({ ids }: ComparisonText): Generator<number> {
  for (let position = 1; position < ids.length; position++) if (ids[position] !== DOCUMENT_ID) yield position - 1;
}

/** Beginnings for sample texts: from the middle of documents, at a paragraph where there is one near. */
export function samplePrompts(
  part: CorpusPart,
  paragraphId: number | undefined,
  options: { readonly count: number; readonly promptTokens: number; readonly originalTokens: number },
): { prompt: number[]; original: number[] }[] {
  const { count, promptTokens, originalTokens } = options;
  const wanted = promptTokens + originalTokens;
  const long = part.documents.filter(({ length }) => length > 2 * wanted + 2);
  return Array.from({ length: Math.min(count, long.length) }, (_, index) => {
    const { start, length } = long[Math.floor((index * long.length) / count)] ?? long[0]!;
    const middle = start + Math.floor(length / 2);
    const paragraph = paragraphId === undefined ? -1 : part.ids.indexOf(paragraphId, middle);
    const latest = start + length - wanted;
    const first = paragraph >= 0 && paragraph < latest ? paragraph + 1 : middle;
    const ids = [...part.ids.subarray(first, first + wanted)];
    return { prompt: ids.slice(0, promptTokens), original: ids.slice(promptTokens) };
  });
}
