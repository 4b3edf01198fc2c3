import { useEffect, useState } from 'react';
import { toFailure, type ApiFailure } from '../../api/api-failure.js';
import type { ServerEvent } from '../../api/event-parser.js';
import { eventStream } from '../../api/event-stream.js';
import type { Item } from '../../api/client.js';
import { curves } from './curves/curve-store.js';
import type { Job } from './run-words.js';

/** Something that happened in a run. */
export type RunEvent = Item<'/v1/fine_tuning/jobs/{id}/events'>;

/** What a run has told so far. */
export interface RunEvents {
  /** The newest first. */
  readonly items: readonly RunEvent[];
  /** Why the stream is broken; it is being made again. */
  readonly failure: ApiFailure | null;
  readonly isLoading: boolean;
}

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 15_000;
/** The page shows the newest ones. */
const MOST_EVENTS = 2_000;
const POINTS = 10_000;
const END = '[DONE]';

const NOTHING: RunEvents = { items: [], failure: null, isLoading: true };

/** Follows the events of a run as they happen, until it ends; goes on after the last one when the connection breaks. */
export function useRunEvents({ id }: Pick<Job, 'id'>): RunEvents {
  const [events, setEvents] = useState(NOTHING);
  useEffect(() => {
    const stop = new AbortController();
    const arrived: RunEvent[] = [];
    let isWaiting = false;
    // Hundreds may arrive at once: they are shown together.
    const show = (): void => {
      if (isWaiting) return;
      isWaiting = true;
      requestAnimationFrame(() => {
        isWaiting = false;
        if (stop.signal.aborted) return;
        const added = arrived.splice(0).reverse();
        setEvents(({ items }) => ({
          items: [...added, ...items].slice(0, MOST_EVENTS),
          failure: null,
          isLoading: false,
        }));
      });
    };
    void follow(id, stop.signal, {
      onEvent: (event) => {
        arrived.push(event);
        // A page in the background has no frames in which it shows them.
        if (arrived.length > MOST_EVENTS) arrived.shift();
        if (event.type === 'metrics') curves.load(id, POINTS);
        show();
      },
      onOpen: show,
      onFailure: (failure) => setEvents((before) => ({ ...before, failure, isLoading: false })),
    });
    return () => stop.abort();
  }, [id]);
  return events;
}

interface Listener {
  readonly onEvent: (event: RunEvent) => void;
  readonly onOpen: () => void;
  readonly onFailure: (failure: ApiFailure) => void;
}

async function follow(id: string, signal: AbortSignal, { onEvent, onOpen, onFailure }: Listener): Promise<void> {
  // In an object, because it changes while the stream is read.
  const reader = { last: null as string | null, hasEnded: false, waitMs: FIRST_WAIT_MS };
  const read = ({ data, id: eventId }: ServerEvent): void => {
    if (data === END) reader.hasEnded = true;
    if (data === END || !eventId) return;
    reader.last = eventId;
    onEvent(JSON.parse(data) as RunEvent);
  };
  const open = (): void => {
    reader.waitMs = FIRST_WAIT_MS;
    onOpen();
  };
  const isDone = (): boolean => reader.hasEnded || signal.aborted;
  while (!isDone()) {
    const { last } = reader;
    try {
      await eventStream(`/v1/fine_tuning/jobs/${encodeURIComponent(id)}/events`, {
        signal,
        ...(last !== null && { headers: { 'last-event-id': last } }),
        onOpen: open,
        onEvent: read,
      });
    } catch (thrown) {
      if (isDone()) return;
      const failure = toFailure(thrown);
      onFailure(failure);
      // What was refused once is refused again.
      if (failure.kind === 'refused') return;
    }
    if (isDone()) return;
    await pause(reader.waitMs, signal);
    reader.waitMs = Math.min(LONGEST_WAIT_MS, 2 * reader.waitMs);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
