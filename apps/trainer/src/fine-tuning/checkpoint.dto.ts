import { ApiProperty } from '@nestjs/swagger';

/**
 * What was measured when a checkpoint was taken, in OpenAI's names. An evaluation reads a part of the held-out text, always
 * the same, so `full_valid_loss` and `full_valid_mean_token_accuracy` are left out.
 */
export class CheckpointMetrics {
  @ApiProperty()
  step!: number;

  @ApiProperty({ description: 'Nats per token, on training text as long as the held-out text.' })
  train_loss!: number;

  @ApiProperty({ description: 'Part of the tokens that were the most likely one, from 0 to 1.' })
  train_mean_token_accuracy!: number;

  @ApiProperty({ description: 'Nats per token.' })
  valid_loss!: number;

  @ApiProperty()
  valid_mean_token_accuracy!: number;
}

/** The model of a job at one of its evaluations, in OpenAI's shape. */
export class FineTuningJobCheckpoint {
  @ApiProperty({ example: 'ftckpt-5Zt1Vn4Xc7Bm9KsL8Jr2Qw' })
  id!: string;

  @ApiProperty({ enum: ['fine_tuning.job.checkpoint'] })
  object!: 'fine_tuning.job.checkpoint';

  @ApiProperty({ description: 'Unix time in seconds.' })
  created_at!: number;

  @ApiProperty({
    example: 'ft:small:understudy:k3v9bqyx:ckpt-step-1000',
    description: 'A model to complete with, or to continue from.',
  })
  fine_tuned_model_checkpoint!: string;

  @ApiProperty()
  fine_tuning_job_id!: string;

  @ApiProperty()
  step_number!: number;

  @ApiProperty({ type: CheckpointMetrics })
  metrics!: CheckpointMetrics;
}

/** A page of checkpoints, the last step first. */
export class FineTuningJobCheckpointList {
  @ApiProperty({ enum: ['list'] })
  object!: 'list';

  @ApiProperty({ type: [FineTuningJobCheckpoint] })
  data!: FineTuningJobCheckpoint[];

  @ApiProperty({ type: String, nullable: true })
  first_id!: string | null;

  @ApiProperty({ type: String, nullable: true })
  last_id!: string | null;

  @ApiProperty()
  has_more!: boolean;
}
