import type { CompletionResult } from '#language-model';
import type { TraceScope } from '#observability';

/** A prompt that was completed or failed, on the clock of `performance.now()`. */
export interface TracedCall {
  readonly arrivedAtMs: number;
  /** When its turn came; null when it did not. */
  readonly begunAtMs: number | null;
  readonly endedAtMs: number;
  readonly versionId: string;
  readonly arm: string;
  readonly result: CompletionResult | null;
  readonly error?: unknown;
}

/** Puts under a request where the time of a prompt went: queue, reading of the prompt, steps of the decoder. */
export function traceCall(request: TraceScope, call: TracedCall): void {
  const { arrivedAtMs, begunAtMs, endedAtMs, versionId, arm, result, error } = call;
  request.add('queue', { startMs: arrivedAtMs, endMs: begunAtMs ?? endedAtMs });
  if (begunAtMs === null) return;
  const attributes = { 'understudy.version': versionId, 'understudy.arm': arm };
  const completion = request.add('complete', { startMs: begunAtMs, endMs: endedAtMs, attributes, error });
  if (result === null) return;
  const { queuedMs, promptMs, decodeMs, stepEndsMs = [] } = result.timings;
  const readFromMs = begunAtMs + queuedMs;
  const decodeFromMs = readFromMs + promptMs;
  completion.add('prefill', {
    startMs: readFromMs,
    endMs: decodeFromMs,
    attributes: { 'understudy.prompt_tokens': result.promptTokens },
  });
  const decode = completion.add('decode', {
    startMs: decodeFromMs,
    endMs: decodeFromMs + decodeMs,
    attributes: { 'understudy.completion_tokens': result.completionTokens },
  });
  let startMs = decodeFromMs;
  for (const stepEndMs of stepEndsMs) {
    decode.add('decode step', { startMs, endMs: begunAtMs + stepEndMs });
    startMs = begunAtMs + stepEndMs;
  }
}
