import { openDatabase, type Database } from '#database';
import { createTestDatabase, registerVersion } from '#testing';
import { Registry, type ModelVersion } from '../../index.js';
import type { JudgeAction, Judgement, Release } from '../index.js';

/** Who does what the system does not do by itself. */
export const PERSON = { actor: 'key:test', reason: 'because' };

/** A deployment that serves one version, and another one that may be released. */
export interface ReleaseStand {
  readonly database: Database;
  readonly registry: Registry;
  readonly incumbent: ModelVersion;
  readonly candidate: ModelVersion;
  open(version?: ModelVersion, policyName?: string): Promise<Release>;
  /** Opens the release of the candidate and takes it to the first stage of this kind. */
  openAt(stage: 'canary' | 'watched'): Promise<Release>;
  /** What a judge does who finds the release as it is now. */
  judge(action: JudgeAction, change?: Partial<Judgement>): Promise<Release>;
  /** What a judge has decided who found the release as it is now, to be carried out later. */
  decided(action: JudgeAction, change?: Partial<Judgement>): Promise<() => Promise<Release>>;
  kindsOf(releaseId: string): Promise<string[]>;
  stateOf(version: ModelVersion): Promise<string>;
  /** Roles, versions and shares of now. */
  serving(): Promise<unknown[]>;
  close(): Promise<void>;
}

/** @param address a migrated database of somebody else's; one of its own when left out */
export async function openReleaseStand(address?: { readonly connectionString: string }): Promise<ReleaseStand> {
  const test = address === undefined ? await createTestDatabase() : null;
  const { connectionString } = address ?? test!;
  const database = openDatabase({ connectionString, maxConnections: 20 });
  const registry = new Registry(database);
  const incumbent = await registerVersion(registry);
  const candidate = await registerVersion(registry, { preset: 'medium' });
  await registry.promote({ deployment: 'production', versionId: incumbent.id, actor: 'key:test' });

  const stand: ReleaseStand = {
    database,
    registry,
    incumbent,
    candidate,
    open: (version = candidate, policyName) =>
      registry.releases.open({ ...PERSON, deployment: 'production', candidateVersionId: version.id, policyName }),
    async openAt(stage) {
      await stand.open();
      await stand.judge({ kind: 'pass_gates', gates: { candidate: { perplexity: 12 } } });
      const canary = await stand.judge({ kind: 'advance' });
      return stage === 'canary' ? canary : stand.judge({ kind: 'promote' });
    },
    async judge(action, change) {
      return (await stand.decided(action, change))();
    },
    async decided(action, change = {}) {
      const found = await registry.releases.readOpenCase('production', 100);
      if (found === null) throw new Error('No release is open.');
      const { release } = found;
      const rest = { added: [], statistics: release.statistics, message: `The judge: ${action.kind}.`, evidence: {} };
      return () => registry.releases.settleJudgement({ release, action, ...rest, ...change });
    },
    async kindsOf(releaseId) {
      const { items } = await registry.releases.listEvents(releaseId, { order: 'asc', limit: 100 });
      return items.map(({ kind }) => kind);
    },
    async stateOf({ id }) {
      return (await registry.getModelVersion(id)).state;
    },
    async serving() {
      const periods = await registry.releases.findServing('production', new Date(Date.now() + 60_000));
      return periods.map(({ role, versionId, share }) => [role, versionId, share]);
    },
    async close() {
      await database.close();
      await test?.close();
    },
  };
  return stand;
}
