import { CodedError, isCodedError, type ErrorCode } from '#errors';
import type { Precision } from '../bundle/quantization.js';
import type { Scoring } from './background-scorer.js';
import type { ChoiceDelta, CompletionResult } from './completion-request.js';
import type { TokenizedRequest } from './completion-decoder.js';

/** What a decode thread is told to serve. */
export interface DecodeOrder {
  readonly bundleFolder: string;
  readonly precision: Precision;
  /** Most rows of the batch. */
  readonly maxBatchSize: number;
  /** Shared numbers that the worker keeps current, in the order of `COUNTERS`. */
  readonly counters: SharedArrayBuffer;
}

/** Shared counters of a thread's loop: float64 numbers by position. Those of steps by rows follow, one for each of `ROW_BOUNDS`. */
export const COUNTERS = { liveRows: 0, pendingJobs: 1, steps: 2, advancedRows: 3, stepsByRows: 4 } as const;

/** Steps are counted by how many rows they advance: at most so many, and more than the bound before. */
export const ROW_BOUNDS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024] as const;

/** Numbers that a worker shares. */
export const COUNTER_COUNT = COUNTERS.stepsByRows + ROW_BOUNDS.length;

/** What is asked of a decode thread. It serves one bundle at a time, and after `close` it may be given another. */
export type ToWorker =
  | { readonly kind: 'open'; readonly order: DecodeOrder }
  | { readonly kind: 'complete'; readonly id: number; readonly request: TokenizedRequest; readonly pieces: boolean }
  | { readonly kind: 'score'; readonly id: number; readonly texts: readonly (readonly number[])[] }
  | { readonly kind: 'cancel'; readonly id: number }
  | { readonly kind: 'close' }
  | { readonly kind: 'end' };

/** An error on its way between threads. */
export interface SentError {
  readonly code: ErrorCode | null;
  readonly message: string;
  readonly param: string | null;
  readonly retryAfterMs: number | undefined;
  readonly stack: string | undefined;
}

/** An error as it can be sent to another thread. */
export function packError(error: unknown): SentError {
  if (isCodedError(error)) {
    const { code, message, param, retryAfterMs, stack } = error;
    return { code, message, param, retryAfterMs, stack };
  }
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  return { code: null, message, param: null, retryAfterMs: undefined, stack };
}

/** The error that was sent. */
export function unpackError({ code, message, param, retryAfterMs, stack }: SentError): Error {
  const error =
    code === null
      ? new Error(message)
      : new CodedError(code, message, { param, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
  // The worker's stack says where it happened; it is for the log only.
  if (stack !== undefined) error.stack = stack;
  return error;
}

/** What became of completions, and of texts to score, in one turn of the decode loop: one message for all of them. */
export interface DecodeNews {
  readonly kind: 'news';
  readonly deltas: readonly (readonly [id: number, choice: number, delta: ChoiceDelta])[];
  readonly finished: readonly (readonly [id: number, result: CompletionResult])[];
  readonly scored: readonly (readonly [id: number, scoring: Scoring])[];
  readonly failed: readonly (readonly [id: number, error: SentError])[];
}

/** What a decode thread says: that its bundle is open or could not be, that it is closed, or what became of completions. */
export type FromWorker =
  | DecodeNews
  | { readonly kind: 'opened' }
  | { readonly kind: 'refused'; readonly error: SentError }
  | { readonly kind: 'closed' };
