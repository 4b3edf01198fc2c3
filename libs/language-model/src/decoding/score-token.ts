import { NEVER } from '../bundle/serving-graphs.js';
import type { PositionScore } from '../sampling/token-scorer.js';
import { UNKNOWN_ID } from '../tokenizer/index.js';
import type { Row } from './row-table.js';
import type { DecodeContext } from './row-task.js';
import type { TokenScore } from './token-score.js';

/** What scoring needs of a loop. */
export type ScoringContext = Pick<DecodeContext, 'session' | 'scorer'>;

/**
 * What the model thinks comes next in a row, after a step. `<unk>` has its share, as it has in training and evaluation, though it
 * is never among the tokens that are told.
 */
export function scorePosition(context: ScoringContext, row: Row, count: number): PositionScore {
  const { session, scorer } = context;
  const { top, logOfSum } = scorer.score(session.logits, row.index * session.vocabularySize, count);
  const difference = logitOf(context, row, UNKNOWN_ID) - logOfSum;
  // log(e^a + e^b) = max(a, b) + log(1 + e^-|a - b|)
  const more = Math.max(difference, 0) + Math.log1p(Math.exp(-Math.abs(difference)));
  return { top: top.map(({ id, logprob }) => ({ id, logprob: logprob - more })), logOfSum: logOfSum + more };
}

/** What the model thought of one token in a row, after a step. */
export function scoreToken(context: ScoringContext, row: Row, id: number, count: number): TokenScore {
  const { top, logOfSum } = scorePosition(context, row, count);
  return { logprob: logitOf(context, row, id) - logOfSum, top };
}

/** The model's own logit of a token in a row, after a step. */
export function logitOf({ session }: Pick<DecodeContext, 'session'>, row: Row, id: number): number {
  const logit = session.logits[row.index * session.vocabularySize + id]!;
  return id === UNKNOWN_ID ? logit - NEVER : logit;
}
