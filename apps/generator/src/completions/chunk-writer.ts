import { randomBytes } from 'node:crypto';
import { toErrorBody } from '#errors';
import type { ChoiceDelta } from '#language-model';
import { legacyLogprobs, type CompletionHead, type Usage } from './completion-shape.js';

/** What the chunks of one stream have besides their text. */
export interface ChunkOptions {
  readonly head: CompletionHead;
  /** Each chunk then has `usage`: null, and in one before the end what was used. */
  readonly includeUsage: boolean;
  /** Each chunk then has random characters that hide the length of its text from who watches the encrypted connection. */
  readonly includeObfuscation: boolean;
}

/** A text and its padding together have a multiple of so many characters. */
const OBFUSCATED_LENGTH = 32;

/** Writes server-sent events. What all chunks share is turned into JSON once. */
export class ChunkWriter {
  readonly #start: string;
  readonly #end: string;

  constructor(private readonly options: ChunkOptions) {
    this.#start = `data: ${JSON.stringify(options.head).slice(0, -1)},"choices":[`;
    this.#end = options.includeUsage ? ',"usage":null' : '';
  }

  /** What one choice grew by. */
  delta(index: number, { text, logprobs, finishReason }: ChoiceDelta): string {
    const json = JSON.stringify(text);
    const more = logprobs === null ? 'null' : JSON.stringify(legacyLogprobs(logprobs));
    const reason = finishReason === null ? 'null' : `"${finishReason}"`;
    const padding = this.options.includeObfuscation ? `,"obfuscation":"${randomPadding(json.length)}"` : '';
    return `${this.#start}{"text":${json},"index":${index},"logprobs":${more},"finish_reason":${reason}}]${this.#end}${padding}}\n\n`;
  }

  /** The end of a stream; before it the usage, if it was asked for. */
  end(usage: Usage): string {
    const chunk = this.options.includeUsage ? `${this.#start}],"usage":${JSON.stringify(usage)}}\n\n` : '';
    return `${chunk}data: [DONE]\n\n`;
  }

  /** A failure after the first byte; nothing follows it. */
  failure(error: unknown): string {
    return `data: ${JSON.stringify(toErrorBody(error))}\n\n`;
  }

  /** A comment, which clients skip. */
  keepAlive(): string {
    return ': keep-alive\n\n';
  }
}

function randomPadding(length: number): string {
  const missing = OBFUSCATED_LENGTH - (length % OBFUSCATED_LENGTH);
  return randomBytes(missing).toString('base64url').slice(0, missing);
}
