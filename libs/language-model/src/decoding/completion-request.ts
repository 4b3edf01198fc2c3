/** How tokens are drawn. */
export interface SamplingParameters {
  /** 0 = always the most probable token. */
  readonly temperature: number;
  /** Only the most probable tokens that together reach this probability; 1 = all. */
  readonly topP: number;
  /** Only this many of the most probable tokens; 0 = all. */
  readonly topK: number;
  /** Only tokens at least this share as probable as the most probable one; 0 = all. */
  readonly minP: number;
  /** Only the tokens nearest to the distribution's entropy that together reach this probability; 1 = all. */
  readonly typicalP: number;
  /** Taken from the logit of each token that was generated already. */
  readonly presencePenalty: number;
  /** Taken from the logit of a token for each time that it was generated already. */
  readonly frequencyPenalty: number;
  /** Positive logits of tokens seen already, in the prompt too, are divided by it, negative ones multiplied; 1 = off. */
  readonly repetitionPenalty: number;
  /** No run of this many tokens comes twice; 0 = off. */
  readonly noRepeatNgramSize: number;
  /** Added to the logits of these token ids. */
  readonly logitBias: ReadonlyMap<number, number>;
}

/** One prompt to continue, with everything that decides its texts. */
export interface CompletionRequest {
  /** Text, token ids, or null for the beginning of a document. */
  readonly prompt: string | readonly number[] | null;
  /** Only this many of the prompt's last tokens are read; null = all. */
  readonly truncatePromptTokens: number | null;
  readonly maxTokens: number;
  /** Until so many tokens were generated, the text neither ends nor is cut at a stop string. */
  readonly minTokens: number;
  /** Never ends the text by itself. */
  readonly ignoreEos: boolean;
  /** Texts to return. */
  readonly choices: number;
  /** Texts to generate; those with the highest mean log-probability per token are returned. At least `choices`. */
  readonly bestOf: number;
  /** Number of this request's first text among those that share `seed`. */
  readonly firstChoice: number;
  readonly seed: bigint;
  readonly sampling: SamplingParameters;
  /** Searches for the most probable texts instead of drawing; `sampling` is not used then. */
  readonly beamSearch: { readonly width: number; readonly lengthPenalty: number } | null;
  /** Strings that end a text and are not part of it. */
  readonly stop: readonly string[];
  /** How many of the most probable tokens to tell beside each token; null = no log-probabilities at all. */
  readonly logprobs: number | null;
  /** Begins each text with the prompt. */
  readonly echo: boolean;
  /** Whether the timings tell of single steps. */
  readonly traced?: boolean;
}

/**
 * Log-probabilities of a text's tokens, by the model itself: before temperature, penalties, bias and cut-offs.
 * The lists are equally long; `tokens` put together are the text.
 */
export interface ChoiceLogprobs {
  readonly tokens: string[];
  /** In nats; null for the first token of a prompt. */
  readonly tokenLogprobs: (number | null)[];
  /** The most probable tokens and the chosen one. */
  readonly topLogprobs: (Record<string, number> | null)[];
  /** Where each token begins in the text. */
  readonly textOffset: number[];
}

/** Why a text ended: by itself or at a stop string, or at `maxTokens`. */
export type FinishReason = 'stop' | 'length';

/** What a text grows by. */
export interface ChoiceDelta {
  readonly text: string;
  readonly logprobs: ChoiceLogprobs | null;
  /** null until the last one. */
  readonly finishReason: FinishReason | null;
}

/** One finished text. */
export interface CompletionChoice {
  readonly text: string;
  readonly finishReason: FinishReason;
  readonly logprobs: ChoiceLogprobs | null;
}

/** What a completion returns, and what it cost. */
export interface CompletionResult {
  readonly choices: readonly CompletionChoice[];
  readonly promptTokens: number;
  /** All that were generated, those of texts that are not returned included. */
  readonly completionTokens: number;
  readonly timings: CompletionTimings;
}

/** Where a completion's time went, in milliseconds. */
export interface CompletionTimings {
  /** From its arrival to the reading of its prompt. */
  readonly queuedMs: number;
  /** Reading the prompt. */
  readonly promptMs: number;
  /** From the end of the prompt to the end of the last text. */
  readonly decodeMs: number;
  /** From its arrival to its first token; null when it has none. */
  readonly firstTokenMs: number | null;
  /** When each of the first steps of the first text ended, from its arrival; only where they were asked for. */
  readonly stepEndsMs?: readonly number[];
}

/** A completion's texts as they grow, and how to stop it. */
export interface CompletionOptions {
  /** Called with each piece of each text, in order; not with `bestOf` above `choices` and not with beam search. */
  readonly onDelta?: (choice: number, delta: ChoiceDelta) => void;
  readonly signal?: AbortSignal | undefined;
}
