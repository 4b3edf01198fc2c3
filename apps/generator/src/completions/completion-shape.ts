import type { LoadedVersion } from '../models/loaded-version.js';
import type { ChoiceLogprobs, FinishReason, Generation } from './generation.js';

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

/** Log-probabilities the way the protocol has them: lists of the same length. */
interface LegacyLogprobs {
  readonly tokens: readonly string[];
  /** null for the first token of a prompt, which nothing predicts. */
  readonly token_logprobs: readonly (number | null)[];
  readonly top_logprobs: readonly (Readonly<Record<string, number>> | null)[];
  /** Where each token begins in the text, in UTF-16 units. */
  readonly text_offset: readonly number[];
}

interface CompletionChoice {
  readonly text: string;
  readonly index: number;
  readonly logprobs: LegacyLogprobs | null;
  /** null in a chunk that is not the last of its choice. */
  readonly finish_reason: FinishReason | null;
}

/** What was read and generated, in tokens. */
export interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
}

/** The answer without `stream`; a chunk has the same shape. */
export type CompletionResponse = CompletionHead & {
  readonly choices: readonly CompletionChoice[];
  readonly usage: Usage;
};

/** JSON has no infinity: what the model holds impossible, such as an unknown word, is told as this. */
const LOWEST_LOGPROB = -9999;

/** @param id of the completion */
export function completionHead(id: string, loaded: LoadedVersion): CompletionHead {
  return {
    id,
    object: 'text_completion',
    created: Math.floor(Date.now() / 1000),
    model: loaded.version.id,
    system_fingerprint: loaded.fingerprint,
  };
}

export function completionResponse(head: CompletionHead, generation: Generation): CompletionResponse {
  return {
    ...head,
    choices: generation.choices.map(({ text, finishReason, logprobs }, index) => ({
      text,
      index,
      logprobs: legacyLogprobs(logprobs),
      finish_reason: finishReason,
    })),
    usage: usageOf(generation),
  };
}

export function usageOf({ promptTokens, completionTokens }: Generation): Usage {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  };
}

/** Log-probabilities as they are sent. */
export function legacyLogprobs(logprobs: ChoiceLogprobs | null): LegacyLogprobs | null {
  if (logprobs === null) return null;
  const { tokens, tokenLogprobs, topLogprobs, textOffset } = logprobs;
  return {
    tokens,
    token_logprobs: tokenLogprobs.map((value) => value && finite(value)),
    top_logprobs: topLogprobs.map(
      (top) => top && Object.fromEntries(Object.entries(top).map(([token, value]) => [token, finite(value)])),
    ),
    text_offset: textOffset,
  };
}

function finite(logprob: number): number {
  return Math.max(LOWEST_LOGPROB, logprob);
}
