import { fetchWithKey } from './client.js';
import { EventParser, type ServerEvent } from './event-parser.js';

/** How a stream is asked for. */
interface EventStreamOptions {
  readonly signal: AbortSignal;
  readonly onEvent: (event: ServerEvent) => void;
  /** Told once the answer has begun. */
  readonly onOpen?: () => void;
  /** Sent as JSON; the request is a POST then. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Reads server-sent events with the key of this session, which the browser's own reader cannot send; fulfilled when the stream ends.
 * @throws ApiFailure; whatever the signal was aborted with
 */
export async function eventStream(path: string, options: EventStreamOptions): Promise<void> {
  const { signal, onEvent, onOpen, body, headers } = options;
  const response = await fetchWithKey(path, {
    signal,
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      accept: 'text/event-stream',
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  onOpen?.();
  const parser = new EventParser();
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (reader === undefined) return;
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    for (const event of parser.push(value)) onEvent(event);
  }
}
