import 'reflect-metadata';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { migrate, startEmbeddedPostgres, type EmbeddedPostgres } from '#database';
import { guardAgainstLeaks } from '#testing';
import { replayRelease } from '../../apps/generator/src/release-tools/replay-release.js';
import type { LoadAnswer } from './release-load.js';
import { ReleaseStand } from './release-stand.js';

guardAgainstLeaks();

const SOON = { timeout: 60_000, interval: 10 };
const RESTART_LIMIT_MS = 60_000;

/** Ends a server as a crash would. */
async function kill({ folder }: EmbeddedPostgres): Promise<void> {
  const [pid] = (await readFile(join(folder, 'data', 'postmaster.pid'), 'utf8')).split('\n');
  process.kill(Number(pid), 'SIGKILL');
}

/** What the crashed one has left may hold its memory for a moment. */
async function startAgain(options: Parameters<typeof startEmbeddedPostgres>[0]): Promise<EmbeddedPostgres> {
  for (const untilMs = Date.now() + RESTART_LIMIT_MS; ;) {
    try {
      return await startEmbeddedPostgres(options);
    } catch (error) {
      if (Date.now() > untilMs) throw error;
      await sleep(200);
    }
  }
}

it('a database that is killed while a release is judged costs no answer, and the decision comes once when it is back', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'understudy-outage-'));
  // As root the server runs as another account, which has to get in.
  await chmod(folder, 0o755);
  const options = { folder: join(folder, 'postgres'), durable: false };
  let server = await startEmbeddedPostgres(options);
  await migrate(server.connectionString);
  const stand = await ReleaseStand.open(server);
  try {
    const { poor, whole } = stand.models;
    const { releases } = stand.ground.registry;
    await stand.start(whole);
    const load = stand.load(stand.sentences);
    // In blocks, so that it takes some turns of the judge to be sure.
    const metrics = {
      paired_loss: { margin: 0.3, block: 20, scale: 2, budget: 0.01, promotionBudget: 0.05 },
      probe_loss: { budget: 0 },
      latency: { budget: 0 },
      repetition: { budget: 0 },
      empty_output: { budget: 0 },
      feedback: { budget: 0 },
    };
    const release = await stand.release(poor, { metrics });
    await expect.poll(async () => (await releases.get(release.id)).position, SOON).toBeGreaterThan(0);
    await kill(server);
    const killedAtMs = Date.now();
    // While it is away, everybody is answered.
    const sinceThen = (): number => load.answers.filter(({ sentAtMs }) => sentAtMs > killedAtMs).length;
    await expect.poll(sinceThen, SOON).toBeGreaterThan(50);
    server = await startAgain({ ...options, port: server.port });

    const ended = await stand.reach(release, 'rolled_back');
    const kinds = (await stand.eventsOf(release)).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'rolled_back')).toHaveLength(1);
    const replay = await replayRelease(stand.ground.registry, release.id);
    expect([replay, ...replay.decisions].flatMap(({ differences }) => differences)).toEqual([]);
    const afterwards = (): readonly LoadAnswer[] =>
      load.answers.filter(({ sentAtMs }) => sentAtMs > (ended.endedAt?.getTime() ?? Infinity) + 1_000);
    await expect.poll(() => afterwards().length, SOON).toBeGreaterThan(30);
    expect(afterwards().filter(({ version }) => version !== whole.id)).toEqual([]);
    expect(load.answers.filter(({ status }) => status !== 200)).toEqual([]);
  } finally {
    await stand.close();
    await server.stop();
    await rm(server.folder, { recursive: true, force: true });
    await rm(folder, { recursive: true, force: true });
  }
});
