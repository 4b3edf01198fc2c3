import type { Writable } from 'node:stream';
import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { listen, type Database, type Listener } from '#database';
import { CodedError } from '#errors';
import { CHANGES_CHANNEL } from '#registry/traffic';
import { DATABASE } from '../generator-tokens.js';

/** What is told of changes of. */
const TOPICS = ['deployment', 'release', 'run', 'replica', 'experiment', 'corpus', 'version'] as const;

/** A comment this often keeps proxies from closing a quiet stream, and tells the reader that it is still there. */
const KEEP_ALIVE_MS = 15_000;
/** So long a key is trusted that may have been revoked in the meantime. */
const LONGEST_MS = 15 * 60_000;
const MOST_READERS = 256;
/** A reader who has left so much unread is sent away; it begins anew. */
const MOST_UNREAD_BYTES = 256 * 1024;

/** Tells whoever follows it which rows change: one connection to the database, made with the first reader, for all of them. */
@Injectable()
export class ChangeFeed implements BeforeApplicationShutdown {
  readonly #readers = new Map<Writable, NodeJS.Timeout>();
  #listening: Promise<Listener> | null = null;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(@Inject(DATABASE) private readonly database: Database) {}

  /** @throws database_unavailable; server_is_overloaded when there are too many readers */
  async ensureListening(): Promise<void> {
    if (this.#readers.size >= MOST_READERS || this.#isClosed) {
      const text = `This generator tells ${MOST_READERS} readers of changes at once, not more. Close one, or ask another generator.`;
      throw new CodedError('server_is_overloaded', text, { retryAfterMs: KEEP_ALIVE_MS });
    }
    this.#listening ??= listen({
      connectionString: this.database.connectionString,
      channel: CHANGES_CHANNEL,
      onNotification: (payload) => this.#tell(payload),
      onReconnect: () => this.#tellAll(),
    }).catch((error: unknown) => {
      this.#listening = null;
      throw error;
    });
    await this.#listening;
    this.#timer ??= setInterval(() => this.#write(': still here\n\n'), KEEP_ALIVE_MS);
  }

  /** Writes changes there, until the reader goes. */
  follow(reader: Writable): void {
    const end = setTimeout(() => reader.end(), LONGEST_MS);
    this.#readers.set(reader, end);
    reader.once('close', () => {
      clearTimeout(end);
      this.#readers.delete(reader);
    });
    reader.write(': changes from now on\n\n');
  }

  /** A stopping service ends its streams, so that it need not wait for readers. */
  async beforeApplicationShutdown(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    for (const reader of this.#readers.keys()) reader.end();
    const listener = await this.#listening?.catch(() => null);
    await listener?.close();
  }

  #tell(payload: string): void {
    const colon = payload.indexOf(':');
    this.#write(frame(payload.slice(0, colon), payload.slice(colon + 1)));
  }

  /** Notifications were lost while there was no connection. */
  #tellAll(): void {
    this.#write(TOPICS.map((topic) => frame(topic, null)).join(''));
  }

  #write(text: string): void {
    for (const reader of this.#readers.keys()) {
      if (reader.writableLength > MOST_UNREAD_BYTES) reader.destroy();
      else reader.write(text);
    }
  }
}

function frame(topic: string, id: string | null): string {
  return `event: change\ndata: ${JSON.stringify({ topic, id })}\n\n`;
}
