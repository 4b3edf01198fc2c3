import type { Checkpoint, Page } from '#registry';
import type { Plain } from '../plain.js';
import type { Evaluation } from '../training/run-progress.js';
import { unixSeconds } from '../unix-seconds.js';
import type { FineTuningJobCheckpoint, FineTuningJobCheckpointList } from './checkpoint.dto.js';
import { presentPage } from './present-page.js';

/** A page of checkpoints in OpenAI's shape. */
export function presentCheckpointList(page: Page<Checkpoint>): Plain<FineTuningJobCheckpointList> {
  return presentPage(page.items.map(presentCheckpoint), page.hasMore);
}

function presentCheckpoint(checkpoint: Checkpoint): Plain<FineTuningJobCheckpoint> {
  const { train, validation } = checkpoint.metrics as unknown as Evaluation;
  return {
    id: checkpoint.id,
    object: 'fine_tuning.job.checkpoint',
    created_at: unixSeconds(checkpoint.createdAt),
    fine_tuned_model_checkpoint: checkpoint.modelId,
    fine_tuning_job_id: checkpoint.trainingRunId,
    step_number: checkpoint.step,
    metrics: {
      step: checkpoint.step,
      train_loss: train.lossNats,
      train_mean_token_accuracy: train.top1,
      valid_loss: validation.lossNats,
      valid_mean_token_accuracy: validation.top1,
    },
  };
}
