import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { type Prisma, PrismaClient } from './generated/client.js';
import { toDatabaseError } from './database-errors.js';

/** The client inside a transaction. */
export type Transaction = Prisma.TransactionClient;

/** How long a transaction may wait for a connection and then for its own statements. */
const TRANSACTION_LIMITS = { maxWait: 10_000, timeout: 20_000 };

/** An open database: typed queries, transactions and the pool beneath them. */
export interface Database {
  /** Of the server itself: what listens, locks and migrates connects here. */
  readonly connectionString: string;
  readonly prisma: PrismaClient;
  readonly pool: pg.Pool;
  /**
   * Runs `work` in one transaction and commits it when the promise is fulfilled.
   *
   * @throws database_unavailable when the database cannot be reached; whatever `work` throws, after rolling back
   */
  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
  /** Runs `work` outside of a transaction. @throws database_unavailable when the database cannot be reached */
  query<T>(work: (client: Transaction) => Promise<T>): Promise<T>;
  /** Waits for running queries and closes every connection. */
  close(): Promise<void>;
}

/**
 * How long the server lets a transaction do nothing. A process that is frozen between two statements holds its locks until
 * then, and nobody else can take over what it worked on.
 */
const MAX_IDLE_TRANSACTION_MS = 10_000;

/**
 * Opens a pool on a migrated database; connects when the first query comes. Whoever opens it closes it.
 *
 * @param options.maxConnections at most this many connections, 10 when left out
 * @param options.maxIdleTransactionMs after which the server ends a transaction that does nothing, 10,000 when left out
 */
export function openDatabase(options: {
  readonly connectionString: string;
  /** Of a pooler in front of it, for queries and transactions. */
  readonly poolConnectionString?: string | null | undefined;
  readonly maxConnections?: number;
  readonly maxIdleTransactionMs?: number;
}): Database {
  const { connectionString } = options;
  const pool = new pg.Pool({
    connectionString: options.poolConnectionString ?? connectionString,
    max: options.maxConnections ?? 10,
    connectionTimeoutMillis: 10_000,
    application_name: 'understudy',
    idle_in_transaction_session_timeout: options.maxIdleTransactionMs ?? MAX_IDLE_TRANSACTION_MS,
  });
  // A connection that breaks while it is idle is replaced by the pool at its next use; without a listener it would end the process.
  pool.on('error', () => undefined);
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool), transactionOptions: TRANSACTION_LIMITS });
  return {
    connectionString,
    prisma,
    pool,
    async transaction(work) {
      try {
        return await prisma.$transaction(work);
      } catch (error) {
        throw toDatabaseError(error);
      }
    },
    async query(work) {
      try {
        return await work(prisma);
      } catch (error) {
        throw toDatabaseError(error);
      }
    },
    async close() {
      await prisma.$disconnect();
      await pool.end();
    },
  };
}
