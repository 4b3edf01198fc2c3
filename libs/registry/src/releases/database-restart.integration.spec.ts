import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { migrate, startEmbeddedPostgres } from '#database';
import { isCodedError } from '#errors';
import { initialState, type ReleaseStatistics } from '#release-policy';
import { guardAgainstLeaks } from '#testing';
import { addObservation } from './index.js';
import { openReleaseStand } from './testing/release-stand.js';

guardAgainstLeaks();

it('a database that ends and comes back during decisions leaves each of them done as a whole or not at all', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'understudy-restart-'));
  // As root the server runs as another account, which has to get in.
  await chmod(folder, 0o755);
  const options = { folder: join(folder, 'postgres') };
  let server = await startEmbeddedPostgres(options);
  await migrate(server.connectionString);
  const stand = await openReleaseStand(server);
  try {
    const { registry } = stand;
    const release = await stand.openAt('canary');
    const one = {
      releaseId: release.id,
      at: new Date(),
      replicaId: 'replica',
      requestId: null,
      metric: 'paired_loss',
      arm: 'both',
      stageIndex: 1,
      share: 0.01,
      value: 0.1,
      tokens: 20,
      client: null,
    } as const;
    await registry.releases.recordObservations(Array.from({ length: 500 }, () => one));

    /** Adds one observation; false when the database was away. */
    const addOne = async (kind: 'continue' | 'promote'): Promise<boolean> => {
      try {
        const found = await registry.releases.readOpenCase('production', 1);
        if (found === null) throw new Error('No release is open.');
        const { release: read, observations } = found;
        const statistics = observations.reduce<ReleaseStatistics>(
          (sum, observation) => addObservation(read.policy, sum, observation),
          read.statistics,
        );
        const added = observations.map(({ id }) => id);
        await registry.releases.settleJudgement({
          release: read,
          added,
          statistics,
          action: { kind },
          message: kind,
          evidence: {},
        });
        return true;
      } catch (error) {
        if (isCodedError(error, 'database_unavailable')) return false;
        throw error;
      }
    };
    for (let count = 0; count < 20; count++) await addOne('continue');
    const restarting = server.stop().then(() => startEmbeddedPostgres({ ...options, port: server.port }));
    // Until the database is gone decisions are made; the last of them is cut off wherever it is.
    while (await addOne('continue')) continue;
    server = await restarting;
    await expect.poll(() => addOne('promote'), { timeout: 20_000 }).toBe(true);

    const after = await registry.releases.get(release.id);
    const added = await registry.releases.listObservations(after, 0, 1000);
    const replayed = added.reduce<ReleaseStatistics>(
      (sum, observation) => addObservation(after.policy, sum, observation),
      initialState(),
    );
    expect(after.statistics).toEqual(replayed);
    expect([after.position, after.state]).toEqual([added.length, 'watched']);
    expect((await stand.kindsOf(release.id)).filter((kind) => kind === 'promoted')).toHaveLength(1);
    expect(await registry.getDeployment('production')).toMatchObject({
      incumbentVersionId: stand.candidate.id,
      revision: 2,
    });
    expect(await stand.serving()).toEqual([
      ['incumbent', stand.candidate.id, 0.9],
      ['former', stand.incumbent.id, 0.1],
    ]);
  } finally {
    await stand.close();
    await server.stop();
    await rm(server.folder, { recursive: true, force: true });
    await rm(folder, { recursive: true, force: true });
  }
});
