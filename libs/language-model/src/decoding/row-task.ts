import type { DecodeSession } from '../sampling/decode-session.js';
import type { TokenSampler } from '../sampling/token-sampler.js';
import type { TokenScorer } from '../sampling/token-scorer.js';
import type { RowTable } from './row-table.js';

/** What a step of the loop works with. */
export interface DecodeContext {
  readonly session: DecodeSession;
  readonly rows: RowTable;
  readonly sampler: TokenSampler;
  readonly scorer: TokenScorer;
}

/** Something that sits in rows and decides what they read next. */
export interface RowTask {
  /** Whether it reads logits, not probabilities alone. */
  readonly readsLogits: boolean;
  /** Looks at the results of a step; true when it has ended. */
  readonly advance: () => boolean;
  /** Gives its rows back. */
  readonly leave: () => void;
}
