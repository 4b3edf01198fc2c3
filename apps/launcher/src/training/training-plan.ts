/** What a plan is made from. */
export interface PlanInput {
  readonly words: number;
  /** The demonstration corpus: nobody waits long for what is only there to show something. */
  readonly isDemonstration: boolean;
  /** Whether a larger model sees the same tokens afterwards. */
  readonly isExperiment: boolean;
  /** Speed of training on this machine. */
  readonly tokensPerSecond: number;
  /** Most tokens, all passes together, as a person asked for: 0 lifts the limit, null leaves it to the plan. */
  readonly maxTrainTokens: number | null;
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
/** Leaves two of four minutes for compiling, starting, evaluating and exporting. */
const DEMONSTRATION_SECONDS = 110;
/** A larger model takes nearly twice as long for the same tokens, and one between them may follow. */
const DEMONSTRATION_EXPERIMENT_SECONDS = 50;
const OWN_SECONDS = 600;
/** Below this nothing is learned, however slow the machine. */
const LEAST_LIMIT = 100_000;
/** More passes over little text only learn it by heart. */
const MOST_EPOCHS = 8;

/** Chooses the number of passes and a limit that keeps the first training within a time that a person waits for. */
export function planTraining(input: PlanInput): TrainingPlan {
  const { words, tokensPerSecond, maxTrainTokens } = input;
  const corpusTokens = Math.max(1, Math.round(words * TOKENS_PER_WORD));
  const affordable = roundDown(tokensPerSecond * secondsFor(input));
  const limit = maxTrainTokens ?? Math.max(LEAST_LIMIT, affordable);
  const epochs = limit === 0 ? MOST_EPOCHS : Math.min(MOST_EPOCHS, Math.max(1, Math.ceil(limit / corpusTokens)));
  const wanted = epochs * corpusTokens;
  const tokens = limit === 0 ? wanted : Math.min(wanted, limit);
  return {
    hyperparameters: limit === 0 ? { n_epochs: epochs } : { n_epochs: epochs, max_train_tokens: limit },
    tokens,
    isLimited: tokens < wanted,
    estimatedSeconds: tokens / tokensPerSecond,
  };
}

function secondsFor({ isDemonstration, isExperiment }: PlanInput): number {
  if (!isDemonstration) return OWN_SECONDS;
  return isExperiment ? DEMONSTRATION_EXPERIMENT_SECONDS : DEMONSTRATION_SECONDS;
}

/** To two digits: the measurement is no more exact than that. */
function roundDown(count: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, count))) - 1);
  return Math.floor(count / unit) * unit;
}
