import {
  RESERVED_TOKENS,
  TOKENIZER_MODES,
  UNKNOWN_TOKEN,
  DOCUMENT_TOKEN,
  type TokenizerMode,
} from '../tokenizer/token-forms.js';
import { Tokenizer } from '../tokenizer/index.js';
import { unreadable } from './layers-weights.js';

/** How the tokens of a foreign vocabulary are to be read. */
export interface VocabularyOptions {
  /** How text becomes tokens; default: what the vocabulary says, else `words`. */
  readonly mode?: string | undefined;
  /** The token that stands for words outside of the vocabulary; default: one of the usual spellings. */
  readonly unknown?: string | undefined;
  /** The token that begins a document and, generated, ends the text; default: one of the usual spellings. */
  readonly document?: string | undefined;
}

/** A tokenizer, and for each of its ids the id that the token had in the model. */
export interface ReadVocabulary {
  readonly tokenizer: Tokenizer;
  readonly modelIds: readonly number[];
}

const UNKNOWN_SPELLINGS = [UNKNOWN_TOKEN, '<UNK>', '[UNK]', '<oov>', '<OOV>', 'UNK'];
const DOCUMENT_SPELLINGS = [
  DOCUMENT_TOKEN,
  '<eos>',
  '<EOS>',
  '</s>',
  '<s>',
  '<start>',
  '<START>',
  '<pad>',
  '<PAD>',
  '[PAD]',
];
/** What Keras' own tokenizer leaves at id 0, which its word index does not list. */
const UNLISTED = '<pad>';

/**
 * Reads a vocabulary: our `vocabulary.json`, a JSON list of tokens, a JSON object from token to id (Keras' `word_index`), or
 * a text file with one token per line.
 * @throws model_unreadable when it does not have one token for each of the model's ids, or lacks a token that it must have
 */
export function readVocabulary(text: string, size: number, options: VocabularyOptions): ReadVocabulary {
  const { tokens, mode: ownMode } = parse(text);
  if (tokens.length !== size) throw unreadable(`the vocabulary has ${tokens.length} tokens and the model ${size}`);
  const wanted = options.mode ?? ownMode ?? 'words';
  const mode = TOKENIZER_MODES.find((known) => known === wanted);
  if (!mode) throw unreadable(`the tokenisation "${wanted}" does not exist; there are ${TOKENIZER_MODES.join(', ')}`);
  const unknown = findToken(tokens, 'unknown', options.unknown, UNKNOWN_SPELLINGS);
  const document = findToken(tokens, 'document', options.document, DOCUMENT_SPELLINGS);
  if (unknown === document) throw unreadable('--unknown and --document name the same token; they must be two');
  // Ours stand at 0 and 1, whatever the model called them.
  const modelIds = [unknown, document, ...Array.from(tokens.keys()).filter((id) => id !== unknown && id !== document)];
  const renamed = modelIds.map((id, index) => (index < 2 ? RESERVED_TOKENS[mode][index]! : tokens[id]!));
  return { tokenizer: tokenizerOf(mode, renamed), modelIds };
}

function parse(text: string): { tokens: readonly string[]; mode?: string } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { tokens: text.replace(/\r?\n$/, '').split(/\r?\n/) };
  }
  if (Array.isArray(json) && json.every((token) => typeof token === 'string')) return { tokens: json };
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) {
    const { tokens, mode, word_index: wordIndex } = json as Partial<Record<'tokens' | 'mode' | 'word_index', unknown>>;
    if (Array.isArray(tokens)) return { tokens: tokens.map(String), ...(typeof mode === 'string' && { mode }) };
    return { tokens: byId((wordIndex ?? json) as Record<string, unknown>) };
  }
  throw unreadable('the vocabulary is neither a list of tokens nor an object from token to id');
}

function byId(ids: Record<string, unknown>): string[] {
  const tokens: string[] = [];
  for (const [token, id] of Object.entries(ids)) {
    if (typeof id !== 'number' || !Number.isSafeInteger(id) || id < 0 || id > 1e6 || id in tokens) {
      throw unreadable(
        `the vocabulary gives "${token}" the id ${JSON.stringify(id)}; ids are whole numbers, each given once`,
      );
    }
    tokens[id] = token;
  }
  if (!(0 in tokens)) tokens[0] = UNLISTED;
  const gap = Array.from(tokens).indexOf(undefined as unknown as string);
  if (gap >= 0) throw unreadable(`the vocabulary gives no token the id ${gap}`);
  return tokens;
}

function findToken(
  tokens: readonly string[],
  option: string,
  given: string | undefined,
  usual: readonly string[],
): number {
  const token = given ?? usual.find((spelling) => tokens.includes(spelling));
  const id = token === undefined ? -1 : tokens.indexOf(token);
  if (id >= 0) return id;
  throw unreadable(
    given === undefined
      ? `its vocabulary has none of ${usual.join(', ')}; name the token with --${option}`
      : `its vocabulary has no token "${given}"`,
  );
}

function tokenizerOf(mode: TokenizerMode, tokens: readonly string[]): Tokenizer {
  try {
    return Tokenizer.fromJSON({ format: 'understudy-tokenizer', version: 1, mode, tokens });
  } catch (cause) {
    const reason =
      cause instanceof Error
        ? cause.message.replace(/^.*cannot be used: /, '').replace(/\. Take .*$/, '')
        : String(cause);
    throw unreadable(`its vocabulary is no tokenizer of the mode "${mode}": ${reason}`, cause);
  }
}
