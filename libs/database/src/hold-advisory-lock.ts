import pg from 'pg';
import { connectAgain } from './reconnect.js';

/** How often the holder says that it is alive, and for how long it may be silent before the server takes the lock from it. */
const BEAT_MS = 1000;
const SILENCE_LIMIT_MS = 5000;

/** A lock that one process at a time holds. */
export interface AdvisoryLock {
  /** Whether this process holds it, as far as it knows: the server may have taken it from a process that was frozen. */
  readonly isHeld: boolean;
  /** Lets it go and waits for it no longer. */
  close(): Promise<void>;
}

/** What is locked, and what is done with it. */
export interface AdvisoryLockOptions {
  readonly connectionString: string;
  /** Any text; processes with the same one exclude each other within a database. */
  readonly name: string;
  readonly onHeld: () => void;
  /** After `onHeld`, when the lock is lost or let go. */
  readonly onLost: () => void;
}

interface Session {
  /** Fulfilled when the connection is gone. */
  readonly gone: Promise<void>;
  /** Fulfilled with true when the lock is held, false when the connection is gone before. */
  readonly held: Promise<boolean>;
  beat(): void;
  end(): Promise<void>;
}

/**
 * Waits for a lock of the database and keeps it, on a connection of its own. A process that ends, however it ends, loses it
 * at once, one that is frozen or cut off after five seconds; then another has it. Reconnects by itself.
 *
 * To hold it keeps others from working in vain, not from working: a process that was frozen may not know yet that it has lost
 * it. What is done under it must be safe when two do it.
 */
export function holdAdvisoryLock(options: AdvisoryLockOptions): AdvisoryLock {
  const closing = new AbortController();
  let session: Session | null = null;
  let isHeld = false;
  const holding = keepHolding();

  async function keepHolding(): Promise<void> {
    let next = await open(options).catch(() => null);
    while (!closing.signal.aborted) {
      next ??= await connectAgain(() => open(options), closing.signal);
      if (next === null) return;
      session = next;
      await holdOnce(next);
      await next.end();
      next = null;
    }
    await next?.end();
  }

  async function holdOnce(current: Session): Promise<void> {
    // While it was opened the lock may have been closed.
    if (closing.signal.aborted || !(await current.held)) return;
    const beats = setInterval(() => current.beat(), BEAT_MS);
    isHeld = true;
    options.onHeld();
    await current.gone;
    clearInterval(beats);
    isHeld = false;
    options.onLost();
  }

  return {
    get isHeld() {
      return isHeld;
    },
    async close() {
      closing.abort();
      await session?.end();
      await holding;
    },
  };
}

async function open({ connectionString, name }: AdvisoryLockOptions): Promise<Session> {
  const client = new pg.Client({
    connectionString,
    keepAlive: true,
    connectionTimeoutMillis: 10_000,
    application_name: `understudy-lock-${name}`,
  });
  const gone = new Promise<void>((resolve) => {
    client.once('end', () => resolve());
    client.on('error', () => resolve());
  });
  const end = (): Promise<void> => client.end().catch(() => undefined);
  try {
    await client.connect();
    // A session that waits for the lock is not idle; from when it has it, its beats keep it from being idle for too long.
    await client.query(`SET idle_session_timeout = ${SILENCE_LIMIT_MS}`);
  } catch (error) {
    await end();
    throw error;
  }
  const asked = client.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', [name]);
  const held = Promise.race([
    asked.then(
      () => true,
      () => false,
    ),
    gone.then(() => false),
  ]);
  return { gone, held, beat: () => void client.query('SELECT 1').catch(() => undefined), end };
}
