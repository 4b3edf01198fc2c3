import type { ReleasePolicy } from '../policy/release-policy.js';

/**
 * How long a version stays away after it was rolled back.
 *
 * @param rollbacks how many times it has been rolled back, this one included; at least 1
 * @returns seconds, longer after each time up to the policy's most
 */
export function quarantineSeconds({ rollback }: ReleasePolicy, rollbacks: number): number {
  return Math.min(rollback.quarantineSeconds * rollback.growth ** (rollbacks - 1), rollback.maxQuarantineSeconds);
}
