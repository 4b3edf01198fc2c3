import pg from 'pg';
import type { Transaction } from './database.js';
import { toDatabaseError } from './database-errors.js';
import { connectAgain } from './reconnect.js';

/** What is listened to, and what is done with it. */
export interface ListenOptions {
  readonly connectionString: string;
  readonly channel: string;
  readonly onNotification: (payload: string) => void;
  /** Called when listening goes on after an interruption, in which notifications were lost: read the state again. */
  readonly onReconnect: () => void;
}

/** A subscription to a channel. */
export interface Listener {
  close(): Promise<void>;
}

/**
 * Listens to a channel on a connection of its own. Fulfilled once it listens; then it reconnects by itself, after 50 ms
 * at first and at most 5 s.
 *
 * @throws database_unavailable when the first connection fails
 */
export async function listen(options: ListenOptions): Promise<Listener> {
  const closing = new AbortController();
  const isClosing = (): boolean => closing.signal.aborted;
  let client = await connect(options).catch((error: unknown) => {
    throw toDatabaseError(error);
  });
  const watching = watch();

  async function watch(): Promise<void> {
    while (!isClosing()) {
      await client.lost;
      await client.end();
      await reconnect();
    }
  }

  async function reconnect(): Promise<void> {
    const next = await connectAgain(() => connect(options), closing.signal);
    if (next === null) return;
    client = next;
    // While it was made the listener may have been closed; close() then ends this connection too.
    if (!isClosing()) options.onReconnect();
  }

  return {
    async close() {
      closing.abort();
      await client.end();
      await watching;
      // A connection that was being made when it was closed.
      await client.end();
    },
  };
}

interface ListeningClient {
  /** Fulfilled when the connection is gone. */
  readonly lost: Promise<void>;
  end(): Promise<void>;
}

async function connect({ connectionString, channel, onNotification }: ListenOptions): Promise<ListeningClient> {
  const client = new pg.Client({
    connectionString,
    keepAlive: true,
    connectionTimeoutMillis: 10_000,
    application_name: `understudy-listen-${channel}`,
  });
  const lost = new Promise<void>((resolve) => {
    client.once('end', () => resolve());
    client.on('error', () => resolve());
  });
  client.on('notification', ({ payload }) => onNotification(payload ?? ''));
  try {
    await client.connect();
    await client.query(`LISTEN ${client.escapeIdentifier(channel)}`);
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
  return { lost, end: () => client.end().catch(() => undefined) };
}

/** Sends a notification when the transaction is committed, and none when it is not. */
export async function notify(transaction: Transaction, channel: string, payload: string): Promise<void> {
  await transaction.$executeRaw`SELECT pg_notify(${channel}, ${payload})`;
}
