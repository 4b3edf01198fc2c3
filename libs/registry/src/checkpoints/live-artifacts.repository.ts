import type { Transaction } from '#database';
import type { LiveArtifacts } from '../records.js';

/**
 * The stored bytes that something of the registry needs. Every column that names stored bytes is read here: what is not
 * found here is removed from the artifact store.
 *
 * @param removedWithinMs a checkpoint or version that was removed no longer ago than this still counts: a generator may be loading it
 */
export async function findLiveArtifacts(client: Transaction, removedWithinMs: number): Promise<LiveArtifacts> {
  const bundles = await client.$queryRaw<{ sha256: string }[]>`
    SELECT "bundle_sha256" AS "sha256" FROM "model_versions"
      WHERE "deleted_at" IS NULL OR "deleted_at" > now() - ${removedWithinMs} * interval '1 millisecond'
    UNION SELECT "bundle_sha256" FROM "checkpoints"
      WHERE "removed_at" IS NULL OR "removed_at" > now() - ${removedWithinMs} * interval '1 millisecond'`;
  const files = await client.$queryRaw<{ sha256: string }[]>`
    SELECT DISTINCT "sha256" FROM "corpora" WHERE "deleted_at" IS NULL`;
  return { bundles: bundles.map(({ sha256 }) => sha256), files: files.map(({ sha256 }) => sha256) };
}
