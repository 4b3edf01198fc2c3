import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, guardAgainstLeaks, type TestDatabase } from '#testing';
import { holdAdvisoryLock, openDatabase, type AdvisoryLock, type Database } from './index.js';

guardAgainstLeaks();
const PATIENT = { timeout: 20_000, interval: 20 };
let test: TestDatabase;
let database: Database;
const locks: AdvisoryLock[] = [];

beforeEach(async () => {
  test = await createTestDatabase({ migrated: false });
  database = openDatabase(test);
});
afterEach(async () => {
  await Promise.all(locks.splice(0).map((lock) => lock.close()));
  await database.close();
  await test.close();
});

function hold(name = 'judge'): AdvisoryLock & { readonly news: readonly string[] } {
  const news: string[] = [];
  const lock = holdAdvisoryLock({
    ...test,
    name,
    onHeld: () => news.push('held'),
    onLost: () => news.push('lost'),
  });
  locks.push(lock);
  return Object.assign(Object.create(lock) as AdvisoryLock, { news });
}

/** A process that holds the lock, and says so on its standard output. */
async function holdInProcess(): Promise<ChildProcess> {
  const module = new URL('./index.js', import.meta.url).href;
  const code = `import { holdAdvisoryLock } from ${JSON.stringify(module)};
    const say = (word) => () => process.stdout.write(word);
    holdAdvisoryLock({ connectionString: ${JSON.stringify(test.connectionString)}, name: 'judge', onHeld: say('held'), onLost: say('lost') });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}

describe('an advisory lock', () => {
  it('is held by one at a time, and by the next when it is let go', async () => {
    const first = hold();
    await expect.poll(() => first.isHeld, PATIENT).toBe(true);
    const second = hold();
    const other = hold('another');
    await expect.poll(() => other.isHeld, PATIENT).toBe(true);
    expect(second.isHeld).toBe(false);
    await first.close();
    await expect.poll(() => second.isHeld, PATIENT).toBe(true);
    expect([first.news, first.isHeld]).toEqual([['held', 'lost'], false]);
  });

  it('is lost with its connection, and held again when nobody else has it', async () => {
    const lock = hold();
    await expect.poll(() => lock.isHeld, PATIENT).toBe(true);
    await database.pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'understudy-lock-judge' AND datname = current_database()`,
    );
    await expect.poll(() => lock.news, PATIENT).toEqual(['held', 'lost', 'held']);
  });

  it('goes to another when the process that holds it is killed', async () => {
    const holder = await holdInProcess();
    const next = hold();
    holder.kill('SIGKILL');
    await expect.poll(() => next.isHeld, PATIENT).toBe(true);
  });

  it('goes to another when the process that holds it is frozen, which notices when it wakes up', async () => {
    const holder = await holdInProcess();
    const next = hold();
    holder.kill('SIGSTOP');
    await expect.poll(() => next.isHeld, PATIENT).toBe(true);
    const word = once(holder.stdout!, 'data');
    holder.kill('SIGCONT');
    expect(String((await word)[0])).toBe('lost');
    holder.kill('SIGKILL');
  });

  it('that is waited for is waited for no longer when it is closed, and leaves no session', async () => {
    const first = hold();
    await expect.poll(() => first.isHeld, PATIENT).toBe(true);
    const second = hold();
    const sessions = async (): Promise<number> => {
      const { rows } = await database.pool.query<{ n: number }>(
        `SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'understudy-lock-judge' AND datname = current_database()`,
      );
      return rows[0]?.n ?? -1;
    };
    await expect.poll(sessions, PATIENT).toBe(2);
    await second.close();
    await first.close();
    await expect.poll(sessions, PATIENT).toBe(0);
    expect(second.news).toEqual([]);
  });
});
