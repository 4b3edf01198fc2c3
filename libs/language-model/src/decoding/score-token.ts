import type { DecodeSession } from '../sampling/decode-session.js';
import type { Row } from './row-table.js';
import type { TokenScore } from './token-score.js';

/** What the model thought of a token after the last step of a row. */
export function scoreToken(
  { logits, vocabularySize: V }: DecodeSession,
  row: Row,
  id: number,
  top: number,
): TokenScore {
  const start = row.index * V;
  let max = -Infinity;
  for (let i = 0; i < V; i++) max = Math.max(max, logits[start + i]!);
  let sum = 0;
  for (let i = 0; i < V; i++) sum += Math.exp(logits[start + i]! - max);
  const lse = max + Math.log(sum);
  const ids = Array.from({ length: V }, (_, i) => i).sort((a, b) => logits[start + b]! - logits[start + a]!);
  return {
    logprob: logits[start + id]! - lse,
    top: ids.slice(0, top).map((other) => ({ id: other, logprob: logits[start + other]! - lse })),
  };
}
