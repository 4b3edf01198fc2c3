import type { Transaction } from '#database';

/**
 * The time by the clock of the database, which all replicas share, to the millisecond. Unlike the time at which a
 * transaction began, it is later than everything that the transaction waited for.
 */
export async function readClock(client: Transaction): Promise<Date> {
  const [row] = await client.$queryRaw<{ now: Date }[]>`SELECT date_trunc('milliseconds', clock_timestamp()) AS "now"`;
  if (row === undefined) throw new Error('The database did not tell the time.');
  return row.now;
}
