import type { ChoiceDelta, CompletionResult } from '#language-model';

/** Why a text ended: at a stop text or the end of the document, or at `max_tokens`. */
export type FinishReason = NonNullable<ChoiceDelta['finishReason']>;

/** Log-probabilities of the tokens of a text. */
export type ChoiceLogprobs = NonNullable<ChoiceDelta['logprobs']>;

/** What was generated for a request: the choices of each prompt after those of the prompt before. */
export interface Generation {
  readonly choices: CompletionResult['choices'];
  /** Each prompt counts once, however many choices continue it. */
  readonly promptTokens: number;
  /** All that were generated, those that are not returned included. */
  readonly completionTokens: number;
}
