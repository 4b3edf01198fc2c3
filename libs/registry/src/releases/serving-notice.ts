import type { Transaction } from '#database';
import { DEPLOYMENTS_CHANNEL } from '../channels.js';
import type { Deployment } from '../records.js';
import type { Release } from './release.js';

/** What serves a deployment, as replicas are told of it: all that one needs which has the versions in memory. */
export interface ServingNotice {
  readonly deployment: string;
  /** Of two notices the one with the higher number is the newer one. */
  readonly servingRevision: number;
  /**
   * When the last of the decision was written, just before it held: milliseconds since 1970, by the clock of the database. A
   * replica of an earlier version of the code does not say it.
   */
  readonly decidedAtMs?: number;
  readonly incumbentVersionId: string | null;
  readonly previousVersionId: string | null;
  /** The open release, as far as it says who serves. */
  readonly release: Pick<Release, 'id' | 'stage' | 'stageIndex' | 'share'> | null;
}

/** Tells every replica what serves a deployment when the transaction is committed. */
export async function tellServing(
  tx: Transaction,
  { name, servingRevision, incumbentVersionId, previousVersionId }: Deployment,
  release: Release | null,
): Promise<void> {
  const notice: Omit<ServingNotice, 'decidedAtMs'> = {
    deployment: name,
    servingRevision,
    incumbentVersionId,
    previousVersionId,
    release: release && {
      id: release.id,
      stage: release.stage,
      stageIndex: release.stageIndex,
      share: release.share,
    },
  };
  await tx.$executeRaw`
    SELECT
      pg_notify(${DEPLOYMENTS_CHANNEL}, (${JSON.stringify(notice)}::jsonb ||
        jsonb_build_object('decidedAtMs', floor(1000 * extract(epoch FROM clock_timestamp()))))::text),
      pg_notify(${DEPLOYMENTS_CHANNEL}, ${name})`;
}

/** Reads what came by the channel of deployments: a notice, or the name of the deployment that is to be read. */
export function readServingNotice(payload: string): ServingNotice | string {
  // A name may be JSON by accident, such as null or 7; it never begins like an object.
  if (!payload.startsWith('{')) return payload;
  try {
    return JSON.parse(payload) as ServingNotice;
  } catch {
    return payload;
  }
}
