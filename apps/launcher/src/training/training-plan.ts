/** How much text there is, and whose. */
export interface CorpusSize {
  readonly words: number;
  /** The demonstration corpus, which has four minutes from the start to the first completion. */
  readonly isDemonstration: boolean;
}

/** What the first training is asked to do. */
export interface TrainingPlan {
  readonly hyperparameters: { readonly n_epochs: number; readonly max_train_tokens?: number };
  /** All passes together. */
  readonly tokens: number;
  /** Whether the limit, and not the number of passes, ends the training. */
  readonly isLimited: boolean;
  readonly estimatedSeconds: number;
}

/** Punctuation and case markers come on top of the words; measured on English prose. */
const TOKENS_PER_WORD = 1.35;
/** Measured on two cores with the small preset, evaluation included. */
const TOKENS_PER_SECOND = 11_000;
const DEMONSTRATION_TOKENS = 1_200_000;
/** About ten minutes on two cores. */
const OWN_TOKENS = 7_000_000;
/** More passes over little text only learn it by heart. */
const MOST_EPOCHS = 8;

/** Chooses passes and a limit for a corpus; `maxTrainTokens` overrides the limit, 0 lifts it. */
export function planTraining({ words, isDemonstration }: CorpusSize, maxTrainTokens: number | null): TrainingPlan {
  const corpusTokens = Math.max(1, Math.round(words * TOKENS_PER_WORD));
  const limit = maxTrainTokens ?? (isDemonstration ? DEMONSTRATION_TOKENS : OWN_TOKENS);
  const epochs = limit === 0 ? MOST_EPOCHS : Math.min(MOST_EPOCHS, Math.max(1, Math.ceil(limit / corpusTokens)));
  const wanted = epochs * corpusTokens;
  const tokens = limit === 0 ? wanted : Math.min(wanted, limit);
  return {
    hyperparameters: limit === 0 ? { n_epochs: epochs } : { n_epochs: epochs, max_train_tokens: limit },
    tokens,
    isLimited: tokens < wanted,
    estimatedSeconds: tokens / TOKENS_PER_SECOND,
  };
}
