import type { SamplingParameters } from '../decoding/completion-request.js';

/** What came before a draw. */
export interface Before {
  readonly prompt: readonly number[];
  readonly generated: readonly number[];
  readonly banEos: boolean;
}

export const NOTHING: Before = { prompt: [], generated: [], banEos: false };

/** Logits as the graph gives them, with the probabilities at a temperature. */
export interface Row {
  readonly logits: readonly number[];
  readonly probabilities: readonly number[];
}

function softmax(logits: readonly number[], temperature: number): number[] {
  const max = Math.max(...logits);
  const weights = logits.map((logit) => Math.exp((logit - max) / temperature));
  const sum = weights.reduce((a, b) => a + b);
  return weights.map((weight) => weight / sum);
}

/** A row with these logits, rounded to float32. */
export function rowOf(logits: readonly number[], temperature = 1): Row {
  const single = logits.map(Math.fround);
  return { logits: single, probabilities: softmax(single, temperature || 1) };
}

/** Logits by the definitions of vLLM (penalties, bias) and Hugging Face (n-grams), in doubles. */
function adjusted(logits: readonly number[], p: SamplingParameters, { prompt, generated, banEos }: Before): number[] {
  const text = [...prompt, ...generated];
  const context = text.slice(text.length - p.noRepeatNgramSize + 1).join();
  const result = logits.map((logit, id) => {
    if (id === 0 || (id === 1 && banEos)) return -Infinity;
    for (let end = p.noRepeatNgramSize; p.noRepeatNgramSize > 0 && end <= text.length; end++) {
      const ngram = text.slice(end - p.noRepeatNgramSize, end);
      if (ngram.at(-1) === id && ngram.slice(0, -1).join() === context) return -Infinity;
    }
    let z = logit;
    if (text.includes(id)) z = z > 0 ? z / p.repetitionPenalty : z * p.repetitionPenalty;
    const count = generated.filter((other) => other === id).length;
    return z - p.frequencyPenalty * count - (count > 0 ? p.presencePenalty : 0) + (p.logitBias.get(id) ?? 0);
  });
  if (result.some((logit) => logit > -Infinity)) return result;
  return adjusted(logits, { ...p, noRepeatNgramSize: 0 }, { prompt, generated, banEos });
}

type Candidate = Readonly<{ id: number; p: number; logit: number }>;

/** The first candidates that together reach a share of all. */
function reach(candidates: readonly Candidate[], share: number): Candidate[] {
  const whole = candidates.reduce((sum, { p }) => sum + p, 0);
  const kept: Candidate[] = [];
  let reached = 0;
  for (const candidate of candidates) {
    if (kept.length > 0 && reached >= share * whole) break;
    kept.push(candidate);
    reached += candidate.p;
  }
  return kept;
}

/** What may be drawn and how often, by the definition: sort, cut, scale to 1. */
export function definition(row: Row, parameters: SamplingParameters, before = NOTHING): Map<number, number> {
  const logits = adjusted(row.logits, parameters, before);
  const temperature = parameters.temperature || 1;
  const changed = logits.some((logit, id) => id > 0 && logit !== row.logits[id]);
  const probabilities = changed ? softmax(logits, temperature) : row.probabilities;
  let kept: Candidate[] = probabilities
    .map((p, id) => ({ id, p, logit: logits[id]! }))
    .filter(({ id, p }) => id > 0 && p > 0)
    .sort((a, b) => b.logit - a.logit || a.id - b.id);
  if (parameters.temperature === 0) kept = kept.slice(0, 1);
  if (parameters.topK > 0) kept = kept.slice(0, parameters.topK);
  if (parameters.topP < 1) kept = reach(kept, parameters.topP);
  const most = kept[0]!.p;
  kept = kept.filter(({ p }) => p >= parameters.minP * most);
  if (parameters.typicalP < 1) {
    kept.sort((a, b) => a.id - b.id);
    const whole = kept.reduce((sum, { p }) => sum + p, 0);
    const mean = kept.reduce((sum, { p, logit }) => sum + p * logit, 0) / whole;
    // -ln p - H = E x - x, with x the logit over the temperature. Distances that differ by less count as equal.
    const distance = ({ logit }: Candidate): number => Math.round((Math.abs(logit - mean) / temperature) * 1e5);
    kept = reach(
      kept.sort((a, b) => distance(a) - distance(b) || a.id - b.id),
      parameters.typicalP,
    );
  }
  const sum = kept.reduce((total, { p }) => total + p, 0);
  return new Map(kept.map(({ p, id }) => [id, p / sum]));
}
