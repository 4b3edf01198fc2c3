import { setImmediate as nextTurn } from 'node:timers/promises';
import { CodedError } from '#errors';
import { createScanner } from './create-scanner.js';
import { StreamDecoder, TokenPrinter } from './stream-decoder.js';
import type { TokenizerMode } from './token-forms.js';
import {
  DOCUMENT_ID,
  END_OF_LINE_TOKEN,
  LARGEST_VOCABULARY,
  punctuationForms,
  RESERVED_TOKENS,
  TOKENIZER_MODES,
  UNKNOWN_ID,
  UNKNOWN_TOKEN,
} from './token-forms.js';

/** UTF-16 units that `encodeInTurns` reads between two turns of the event loop: 1 to 2 ms. */
export const TURN_CHARACTERS = 16_384;

/** `tokenizer.json` of an artifact bundle: the tokens by id. */
export interface TokenizerJson {
  format: 'understudy-tokenizer';
  version: 1;
  mode: TokenizerMode;
  tokens: string[];
}

/**
 * Turns text into token ids and back; immutable.
 *
 * In mode `text` words are lower-cased, `<cap>` and `<upper>` before them say how they were written, punctuation marks carry the white space
 * beside them and a blank line is `<p>`: `decode(encode(text))` is the text up to white space, the kind of apostrophe inside words, Unicode
 * normalisation (NFC) and unknown words, which print as `<unk>`.
 *
 * @example
 * tokenizer.encode("Don't go.").map((id) => tokenizer.tokenText(id)); // ['<cap>', "don't", 'go', '. ']
 */
export class Tokenizer {
  readonly mode: TokenizerMode;
  /** Id of `<unk>`: never generated, never padding. */
  readonly unknownId = UNKNOWN_ID;
  /** Id of `<doc>`: begins each document; generated, it ends the text. */
  readonly documentId = DOCUMENT_ID;
  readonly #tokens: readonly string[];
  readonly #ids: ReadonlyMap<string, number>;
  readonly #printer: TokenPrinter;

  private constructor(mode: TokenizerMode, tokens: readonly string[], ids: ReadonlyMap<string, number>) {
    this.mode = mode;
    this.#tokens = tokens;
    this.#ids = ids;
    this.#printer = new TokenPrinter(mode, tokens);
  }

  /**
   * Reads what `toJSON` wrote.
   * @throws bundle_corrupt when it is not a whole tokenizer
   */
  static fromJSON(json: unknown): Tokenizer {
    const { mode, tokens } = validated(json);
    const ids = new Map(tokens.map((text, id) => [text, id]));
    if (ids.size !== tokens.length)
      throw corrupt(`it lists ${tokens.length} tokens, but only ${ids.size} different ones`);
    for (const [id, text] of RESERVED_TOKENS[mode].entries()) {
      const found = ids.get(text);
      if (found === undefined || (id <= DOCUMENT_ID && found !== id))
        throw corrupt(`the token ${text} is ${found === undefined ? 'missing' : `at ${found}, not at ${id}`}`);
    }
    return new Tokenizer(mode, tokens, ids);
  }

  toJSON(): TokenizerJson {
    return { format: 'understudy-tokenizer', version: 1, mode: this.mode, tokens: [...this.#tokens] };
  }

  /** Number of token ids, special tokens included; ids run from 0 to one less, from the second on in descending frequency. */
  get vocabularySize(): number {
    return this.#tokens.length;
  }

  /** Id of the line end in mode `pretokenized`; undefined in the others. */
  get endOfLineId(): number | undefined {
    return this.#ids.get(END_OF_LINE_TOKEN);
  }

  /** Id of a token by its vocabulary spelling (what `tokenText` returns); undefined when there is none. */
  idOf(tokenText: string): number | undefined {
    return this.#ids.get(tokenText);
  }

  /**
   * Vocabulary spelling of a token: the lower-cased word, the mark with the white space beside it, or a special token in angle brackets.
   * @throws RangeError when there is no such id
   */
  tokenText(id: number): string {
    const text = this.#tokens[id];
    if (text === undefined) throw new RangeError(`token id ${id} is not in 0 to ${this.#tokens.length - 1}`);
    return text;
  }

  /** Token ids of a text, without `<doc>`. Takes time linear in the length, whatever the text. */
  encode(text: string): number[] {
    const ids: number[] = [];
    const scanner = this.#scanInto(ids);
    scanner.push(text);
    scanner.finish(true);
    return ids;
  }

  /**
   * What `encode` gives, with a turn of the event loop after each {@link TURN_CHARACTERS} characters: a megabyte takes 40 to 100 ms, and nobody
   * else on the thread waits for it.
   * @throws the signal's reason
   */
  async encodeInTurns(text: string, signal?: AbortSignal): Promise<number[]> {
    const ids: number[] = [];
    const scanner = this.#scanInto(ids);
    for (let start = 0; start < text.length; start += TURN_CHARACTERS) {
      if (start > 0) await nextTurn();
      signal?.throwIfAborted();
      scanner.push(text.slice(start, start + TURN_CHARACTERS));
    }
    scanner.finish(true);
    return ids;
  }

  #scanInto(ids: number[]): ReturnType<typeof createScanner> {
    const add = (token: string): void => {
      ids.push(this.#ids.get(token) ?? UNKNOWN_ID);
    };
    return createScanner(this.mode, {
      word: add,
      reserved: add,
      mark: (mark, left, right) => {
        add(punctuationForms(mark, left, right).find((spelling) => this.#ids.has(spelling)) ?? UNKNOWN_TOKEN);
      },
      unknown: () => {
        ids.push(UNKNOWN_ID);
      },
    });
  }

  /** Text of token ids; `<doc>` prints as a blank line between documents. */
  decode(ids: ArrayLike<number>): string {
    const decoder = new StreamDecoder(this.#printer);
    const pieces: string[] = [];
    for (let index = 0; index < ids.length; index++) pieces.push(decoder.push(ids[index]!));
    return pieces.join('');
  }

  /**
   * Decoder for tokens that come one by one; its pieces put together are what `decode` gives for the whole.
   * @param previousIds tokens before the first one (a prompt), so that white space is right where they meet
   * @param previousText the text they came from, where it may end in white space that has no token
   */
  createStreamDecoder(previousIds: ArrayLike<number> = [], previousText = ''): StreamDecoder {
    return new StreamDecoder(this.#printer, previousIds, previousText);
  }
}

function validated(json: unknown): { mode: TokenizerMode; tokens: string[] } {
  if (typeof json !== 'object' || json === null) throw corrupt('it is not a JSON object');
  const { format, version, mode, tokens } = json as Partial<Record<keyof TokenizerJson, unknown>>;
  if (format !== 'understudy-tokenizer' || version !== 1)
    throw corrupt(
      `its format is ${JSON.stringify(format)} version ${JSON.stringify(version)}, expected "understudy-tokenizer" version 1`,
    );
  const knownMode = TOKENIZER_MODES.find((known) => known === mode);
  if (knownMode === undefined)
    throw corrupt(`its mode is ${JSON.stringify(mode)}, expected one of ${TOKENIZER_MODES.join(', ')}`);
  if (!Array.isArray(tokens) || !tokens.every((text) => typeof text === 'string' && text !== ''))
    throw corrupt('its tokens are not a list of texts');
  if (tokens.length > LARGEST_VOCABULARY) throw corrupt(`it lists ${tokens.length} tokens, but ids have 16 bits`);
  return { mode: knownMode, tokens: [...(tokens as string[])] };
}

function corrupt(reason: string): CodedError {
  return new CodedError(
    'bundle_corrupt',
    `tokenizer.json cannot be used: ${reason}. Take the bundle from its source again.`,
  );
}
