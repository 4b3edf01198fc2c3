/** Why a choice ended: at a stop text or the end of the document, or at `max_tokens`. */
export type FinishReason = 'stop' | 'length';

/** What was generated for one request. */
export interface Generation {
  readonly choices: readonly { readonly text: string; readonly finishReason: FinishReason }[];
  /** Each prompt counts once, however many choices continue it. */
  readonly promptTokens: number;
  readonly completionTokens: number;
}
