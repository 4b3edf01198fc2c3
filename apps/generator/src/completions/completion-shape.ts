import { randomBytes } from 'node:crypto';
import type { LoadedVersion } from '../models/loaded-version.js';
import type { FinishReason, Generation } from './generation.js';

/** What the answer and every chunk of one request share. */
export interface CompletionHead {
  readonly id: string;
  readonly object: 'text_completion';
  /** Unix time in seconds. */
  readonly created: number;
  /** The version that generated, whatever name the request used. */
  readonly model: string;
  readonly system_fingerprint: string;
}

interface CompletionChoice {
  readonly text: string;
  readonly index: number;
  readonly logprobs: null;
  /** null in a chunk that is not the last of its choice. */
  readonly finish_reason: FinishReason | null;
}

/** One event of a stream. */
export type CompletionChunk = CompletionHead & { readonly choices: readonly CompletionChoice[] };

/** The answer without `stream`. */
export type CompletionResponse = CompletionChunk & {
  readonly usage: { readonly prompt_tokens: number; readonly completion_tokens: number; readonly total_tokens: number };
};

export function completionHead(loaded: LoadedVersion): CompletionHead {
  return {
    id: `cmpl-${randomBytes(15).toString('base64url')}`,
    object: 'text_completion',
    created: Math.floor(Date.now() / 1000),
    model: loaded.version.id,
    system_fingerprint: loaded.fingerprint,
  };
}

export function completionChunk(
  head: CompletionHead,
  index: number,
  text: string,
  finishReason: FinishReason | null,
): CompletionChunk {
  return { ...head, choices: [{ text, index, logprobs: null, finish_reason: finishReason }] };
}

export function completionResponse(
  head: CompletionHead,
  { choices, promptTokens, completionTokens }: Generation,
): CompletionResponse {
  return {
    ...head,
    choices: choices.map(({ text, finishReason }, index) => ({
      text,
      index,
      logprobs: null,
      finish_reason: finishReason,
    })),
    usage: {
      prompt_tokens: promptTokens,
      completion_tokens: completionTokens,
      total_tokens: promptTokens + completionTokens,
    },
  };
}
