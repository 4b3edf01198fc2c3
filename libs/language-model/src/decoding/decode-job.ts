import type { BeamSearchOptions, Hypothesis } from '../sampling/beam-search.js';
import type { SamplingParameters } from './completion-request.js';
import type { TokenScore } from './token-score.js';

/** Why a sequence ended: `onToken` said so, or `maxTokens` was reached. */
export type DecodeEnd = 'stopped' | 'length';

/** One text to draw. */
export interface SequenceRequest {
  readonly sampling: SamplingParameters;
  /** 64 bits; with the prompt and the sampling parameters it decides every token, whatever else is being generated. */
  readonly seed: bigint;
  readonly maxTokens: number;
  /** Until so many were drawn, `<doc>` is not. */
  readonly minTokens: number;
  /** Never draws `<doc>`. */
  readonly ignoreEos: boolean;
  /** How many of the most probable tokens to tell beside each; null = no log-probabilities. */
  readonly logprobs: number | null;
  /** Called for each token; `true` ends the sequence. */
  readonly onToken: (id: number, score: TokenScore | null) => boolean;
  readonly onEnd: (end: DecodeEnd) => void;
}

/** The most probable texts to search for. */
export interface BeamRequest extends BeamSearchOptions {
  readonly logprobs: number | null;
  /** Whether a text ends with its last token by what it says. */
  readonly endsText: (ids: readonly number[]) => boolean;
  /** The texts found, best first, and how many tokens all beams had together. */
  readonly onEnd: (found: readonly Hypothesis[], generatedTokens: number) => void;
}

/** A prompt to read and what to do then. */
export interface DecodeJob {
  /** At least one token. */
  readonly prompt: readonly number[];
  /** Scores of the prompt's tokens from the second one on. */
  readonly promptScores: { readonly top: number; readonly onScores: (scores: readonly TokenScore[]) => void } | null;
  readonly sequences: readonly SequenceRequest[];
  readonly beam: BeamRequest | null;
  /** The prompt begins to be read. */
  readonly onStart?: () => void;
  /** The prompt was read. */
  readonly onRead?: () => void;
  /** Everything has ended. */
  readonly onFinished?: () => void;
  /** It was cancelled, or something went wrong; nothing else is called afterwards. */
  readonly onFailed: (reason: unknown) => void;
}
