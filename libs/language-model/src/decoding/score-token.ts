import type { PositionScore } from '../sampling/token-scorer.js';
import type { DecodeContext } from './decode-loop.js';
import type { Row } from './row-table.js';
import type { TokenScore } from './token-score.js';

/** What the model thinks comes next in a row, after a step. */
export function scorePosition({ session, scorer }: DecodeContext, row: Row, count: number): PositionScore {
  return scorer.score(session.logits, row.index * session.vocabularySize, count);
}

/** What the model thought of one token in a row, after a step. */
export function scoreToken(context: DecodeContext, row: Row, id: number, count: number): TokenScore {
  const { top, logOfSum } = scorePosition(context, row, count);
  return { logprob: logitOf(context, row, id) - logOfSum, top };
}

/** The model's logit of a token in a row, after a step. */
export function logitOf({ session }: DecodeContext, row: Row, id: number): number {
  return session.logits[row.index * session.vocabularySize + id]!;
}
