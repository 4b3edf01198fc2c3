import type { Transaction } from '#database';
import { isCodedError } from '#errors';
import { openReleaseIn } from '../releases/open-release.js';
import { findTrainingRun } from '../training-runs/training-run.repository.js';
import { insertExperimentEvent } from './experiment-event.repository.js';
import type { UpgradeExperiment } from './upgrade-experiment.js';

/**
 * Opens the release of the larger model in the transaction that writes the verdict down, where one was asked for. When it
 * cannot be opened, because a person has pinned the deployment or another release is open, the verdict stands all the same and
 * an event says why.
 *
 * @returns id of the release, or null
 */
export async function openWantedRelease(
  tx: Transaction,
  { id, release: wanted, toRunId }: UpgradeExperiment,
): Promise<string | null> {
  if (wanted === null || toRunId === null) return null;
  const { modelVersionId } = await findTrainingRun(tx, toRunId);
  if (modelVersionId === null) return null;
  const { deployment, policyName } = wanted;
  const reason = `verdict of the upgrade experiment ${id}`;
  const actor = `experiment:${id}`;
  try {
    const release = await openReleaseIn(tx, {
      deployment,
      candidateVersionId: modelVersionId,
      policyName,
      actor,
      reason,
    });
    await insertExperimentEvent(tx, id, {
      message: `The release ${release.id} of ${modelVersionId} for ${deployment} is open: it serves step by step, as long as it is not worse.`,
      data: { release: release.id, deployment },
    });
    return release.id;
  } catch (error) {
    if (!isCodedError(error)) throw error;
    await insertExperimentEvent(tx, id, {
      level: 'warn',
      message: `No release was opened: ${error.message}`,
      data: { code: error.code, deployment },
    });
    return null;
  }
}
