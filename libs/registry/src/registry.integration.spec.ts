import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase, type Database } from '#database';
import { createTestDatabase, guardAgainstLeaks, registerVersion, type TestDatabase } from '#testing';
import { Registry, type Corpus } from './index.js';

guardAgainstLeaks();
let test: TestDatabase;
let database: Database;
let registry: Registry;

beforeEach(async () => {
  test = await createTestDatabase();
  database = openDatabase(test);
  registry = new Registry(database);
});
afterEach(async () => {
  await database.close();
  await test.close();
});

function createCorpus(sha256 = 'a'.repeat(64), purpose = 'fine-tune'): Promise<Corpus> {
  return registry.createCorpus({ filename: 'a.txt', sizeBytes: 3_000_000_000, sha256, purpose });
}

describe('a corpus', () => {
  it('keeps what it was made with, beyond 32 bits of size', async () => {
    const corpus = await createCorpus();
    expect(corpus).toMatchObject({ filename: 'a.txt', sizeBytes: 3_000_000_000, purpose: 'fine-tune' });
    expect(corpus.id).toMatch(/^file-[A-Za-z0-9]{22}$/);
    expect(await registry.getCorpus(corpus.id)).toEqual(corpus);
    expect((await registry.listCorpora({ purpose: 'fine-tune' })).items).toEqual([corpus]);
    expect((await registry.listCorpora({ purpose: 'other' })).items).toEqual([]);
  });

  it('is gone when it is deleted, and its bytes are unused when no other has them', async () => {
    const [first, second] = [await createCorpus(), await createCorpus()];
    expect(await registry.deleteCorpus(first.id, 'key:x', 'req-1')).toMatchObject({ bytesUnused: false });
    expect(await registry.deleteCorpus(second.id, 'key:x')).toMatchObject({
      bytesUnused: true,
      corpus: { sha256: second.sha256 },
    });
    for (const { id } of [first, second]) {
      await expect(registry.getCorpus(id)).rejects.toMatchObject({ code: 'file_not_found' });
      await expect(registry.deleteCorpus(id, 'key:x')).rejects.toMatchObject({ code: 'file_not_found' });
      await expect(registry.createTrainingRun({ corpusId: id, preset: 'small', seed: 1 })).rejects.toMatchObject({
        code: 'file_not_found',
      });
    }
    expect((await registry.listCorpora()).items).toEqual([]);
    expect((await registry.listAudit({ subject: first.id })).items).toMatchObject([
      { action: 'corpus.delete', actor: 'key:x', requestId: 'req-1' },
    ]);
  });

  it('stays while a run that has not ended needs it, and can go afterwards', async () => {
    const { id } = await createCorpus();
    const run = await registry.createTrainingRun({ corpusId: id, preset: 'small', seed: 1 });
    await expect(registry.deleteCorpus(id, 'x')).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining(run.id) as string,
    });
    await registry.requestCancel(run.id);
    await registry.deleteCorpus(id, 'x');
    expect((await registry.getTrainingRun(run.id)).corpusId).toBe(id);
  });

  it('is either deleted or trained on when both are asked for at the same time', async () => {
    for (let round = 0; round < 5; round++) {
      const { id } = await createCorpus();
      const outcomes = await Promise.allSettled([
        registry.deleteCorpus(id, 'x'),
        registry.createTrainingRun({ corpusId: id, preset: 'small', seed: 1 }),
      ]);
      expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    }
  });
});

describe('the audit', () => {
  it.each(["UPDATE audit_entries SET actor = 'someone else'", 'DELETE FROM audit_entries', 'TRUNCATE audit_entries'])(
    'is only added to: the database refuses %s',
    async (sql) => {
      await registerVersion(registry);
      const before = await registry.listAudit();
      await expect(database.pool.query(sql)).rejects.toThrow('append-only');
      expect(await registry.listAudit()).toEqual(before);
      expect(before.items).toHaveLength(1);
    },
  );

  it('has its newest line first and pages without gaps', async () => {
    for (let index = 0; index < 3; index++) await registerVersion(registry);
    const first = await registry.listAudit({ limit: 2 });
    const rest = await registry.listAudit({ limit: 2, after: first.items[1]?.id });
    expect([...first.items, ...rest.items].map(({ id }) => id)).toEqual(['audit-3', 'audit-2', 'audit-1']);
    for (const after of ['audit-99', 'audit-x', '3', 'audit-99999999999999999999']) {
      await expect(registry.listAudit({ after }), after).rejects.toMatchObject({
        code: 'invalid_value',
        param: 'after',
      });
    }
  });
});

describe('a replica', () => {
  const report = {
    id: 'r1',
    host: 'h',
    pid: 1,
    port: 4000,
    deployment: 'production',
    versionId: null,
    loadedVersionIds: ['ft:x', 'ft:y'],
    problem: 'none',
    ready: false,
  };

  it('is known by its newest report until it says goodbye', async () => {
    await registry.reportReplica(report);
    await registry.reportReplica({ ...report, versionId: 'ft:x', ready: true });
    expect((await registry.listReplicas()).items).toMatchObject([{ ...report, versionId: 'ft:x', ready: true }]);
    await registry.removeReplica('r1');
    expect((await registry.listReplicas()).items).toEqual([]);
  });

  it('is forgotten when it has said nothing for an hour', async () => {
    await registry.reportReplica({ ...report, id: 'killed' });
    await database.pool.query(`UPDATE replicas SET reported_at = now() - interval '2 hours'`);
    await registry.reportReplica(report);
    const listed = async (): Promise<string[]> => (await registry.listReplicas()).items.map(({ id }) => id);
    expect(await listed()).toEqual(['killed', 'r1']);
    await registry.pruneReplicas();
    expect(await listed()).toEqual(['r1']);
  });

  it('is as long silent as the database says, whatever the clock here', async () => {
    await registry.reportReplica(report);
    await database.pool.query(`UPDATE replicas SET reported_at = reported_at - interval '90 seconds'`);
    const [replica] = (await registry.listReplicas()).items;
    expect(replica?.silentMs).toBeGreaterThanOrEqual(90_000);
    await registry.reportReplica(report);
    expect((await registry.listReplicas()).items[0]?.silentMs).toBeLessThan(90_000);
  });
});
