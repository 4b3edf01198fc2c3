import type { Registry } from '#registry';

type Replica = Awaited<ReturnType<Registry['listReplicas']>>['items'][number];

/** How a replica is: `lost` has not reported for `REPLICA_LOST_AFTER_MS`, `troubled` says a problem. */
export const REPLICA_STATES = ['ready', 'loading', 'troubled', 'lost'] as const;

/** Judges a replica by its last report. */
export function replicaState(
  { silentMs, problem, ready }: Pick<Replica, 'silentMs' | 'problem' | 'ready'>,
  lostAfterMs: number,
): (typeof REPLICA_STATES)[number] {
  if (silentMs > lostAfterMs) return 'lost';
  if (problem !== null) return 'troubled';
  return ready ? 'ready' : 'loading';
}
