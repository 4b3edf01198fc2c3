import { useCallback, useEffect, useRef, useState } from 'react';
import { failureOf, toFailure, type ApiFailure } from '../../api/api-failure.js';
import { fetchWithKey } from '../../api/client.js';
import { eventStream } from '../../api/event-stream.js';
import { IDLE, withChunk, type CompletionChunk, type CompletionState } from './completion-state.js';

/** A completion, and what can be done with it. */
export interface Completion {
  readonly state: CompletionState;
  readonly failure: ApiFailure | null;
  /** Fulfilled when it is over, however that is. */
  readonly run: (body: Readonly<Record<string, unknown>>) => Promise<void>;
  readonly stop: () => void;
  readonly clear: () => void;
}

const PATH = '/v1/completions';

/** Generates a text and shows it as it comes. */
export function useCompletion(): Completion {
  const [state, setState] = useState(IDLE);
  const [failure, setFailure] = useState<ApiFailure | null>(null);
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);
  const stop = useCallback(() => running.current?.abort(), []);
  const clear = useCallback(() => {
    running.current?.abort();
    setState(IDLE);
    setFailure(null);
  }, []);
  const run = useCallback(async (body: Readonly<Record<string, unknown>>): Promise<void> => {
    running.current?.abort();
    const mine = new AbortController();
    running.current = mine;
    const startedAt = performance.now();
    const isMine = (): boolean => running.current === mine;
    const take = (chunk: CompletionChunk): void => {
      if (isMine()) setState((before) => withChunk(before, chunk, performance.now() - startedAt));
    };
    setState({ ...IDLE, phase: 'running' });
    setFailure(null);
    let phase: CompletionState['phase'] = 'done';
    try {
      if (body['stream'] === true) await readStream(body, mine.signal, take);
      else take(await readAnswer(body, mine.signal));
    } catch (thrown) {
      phase = mine.signal.aborted ? 'stopped' : 'failed';
      if (isMine() && phase === 'failed') setFailure(toFailure(thrown));
    }
    if (isMine()) setState((before) => ({ ...before, phase }));
  }, []);
  return { state, failure, run, stop, clear };
}

async function readAnswer(body: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<CompletionChunk> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetchWithKey(PATH, { method: 'POST', headers, body: JSON.stringify(body), signal });
  return (await response.json()) as CompletionChunk;
}

async function readStream(
  body: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
  take: (chunk: CompletionChunk) => void,
): Promise<void> {
  const failed = new AbortController();
  await eventStream(PATH, {
    body,
    signal: AbortSignal.any([signal, failed.signal]),
    onEvent: ({ data }) => {
      if (data === '[DONE]') return;
      const chunk: unknown = JSON.parse(data);
      if (isFailure(chunk)) failed.abort(failureOf(new Response(null, { status: 500 }), chunk));
      else take(chunk as CompletionChunk);
    },
  });
}

/** What a stream that breaks in its middle ends with. */
function isFailure(value: unknown): value is { readonly error: unknown } {
  return typeof value === 'object' && value !== null && 'error' in value;
}
