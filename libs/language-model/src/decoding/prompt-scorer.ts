import type { SequenceState } from '../sampling/decode-session.js';
import type { DecodeJob } from './decode-job.js';
import type { Row } from './row-table.js';
import type { DecodeContext, RowTask } from './row-task.js';
import { scoreToken } from './score-token.js';
import type { TokenScore } from './token-score.js';

/** Reads a prompt token by token in a row of the batch and notes how probable each was. */
export class PromptScorer implements RowTask {
  readonly readsLogits = true;
  private readonly row: Row;
  private readonly scores: TokenScore[] = [];

  /** @param onState is given the state before the prompt's last token */
  constructor(
    private readonly context: DecodeContext,
    private readonly prompt: readonly number[],
    private readonly request: NonNullable<DecodeJob['promptScores']>,
    private readonly onState: (state: SequenceState) => void,
  ) {
    this.row = context.rows.join(context.session.emptyState(), prompt[0]!, 1);
  }

  advance(): boolean {
    const { session } = this.context;
    const next = this.prompt[this.scores.length + 1]!;
    this.scores.push(scoreToken(this.context, this.row, next, this.request.top));
    session.setId(this.row.index, next);
    if (this.scores.length < this.prompt.length - 1) return false;
    this.onState(session.stateOf(this.row.index));
    this.request.onScores(this.scores);
    return true;
  }

  leave(): void {
    this.context.rows.leave(this.row);
  }
}
