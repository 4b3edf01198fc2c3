import { ApiProperty, ApiPropertyOptional, PickType } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Max, Min, ValidateIf } from 'class-validator';
import { IsMetadata } from './is-metadata.js';

/** Most items on one page, as in the OpenAI API. */
const MAX_PER_PAGE = 100;
const PER_PAGE = 20;

/** How clients write that jobs shall have no metadata. */
const NO_METADATA = ['null', ''];

/** Query of the lists of jobs and events. */
export class PageQuery {
  @ApiPropertyOptional({ description: 'Id of the last item of the page before.' })
  @IsOptional()
  @IsString()
  after?: string;

  @ApiPropertyOptional({ type: Number, minimum: 1, maximum: MAX_PER_PAGE, default: PER_PAGE })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(MAX_PER_PAGE)
  limit: number = PER_PAGE;
}

/** Query of the list of jobs. */
export class ListJobsQuery extends PageQuery {
  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'string' },
    description: 'Only jobs with these texts among their metadata: metadata[team]=a. "null": only those without any.',
  })
  @ValidateIf(({ metadata }: ListJobsQuery) => typeof metadata !== 'string' || !NO_METADATA.includes(metadata))
  @IsOptional()
  @IsMetadata()
  metadata?: Record<string, string> | string;
}

/** Why a job failed. */
export class JobError {
  @ApiProperty({ example: 'corpus_too_small' })
  code!: string;

  @ApiProperty()
  message!: string;

  @ApiProperty({ type: String, nullable: true })
  param!: string | null;
}

/** What was measured on one side of the corpus, without dropout. */
export class JobScores {
  @ApiProperty({ description: 'Nats per token.' })
  loss!: number;

  @ApiProperty()
  perplexity!: number;

  @ApiProperty({ description: 'Part of the tokens that were the most likely one.' })
  top1!: number;

  @ApiProperty({ description: 'Part of the tokens that were among the five most likely ones.' })
  top5!: number;
}

/** The newest evaluation of a job. */
export class JobEvaluation {
  @ApiProperty()
  step!: number;

  @ApiProperty()
  epoch!: number;

  @ApiProperty({ type: JobScores })
  train!: JobScores;

  @ApiProperty({ type: JobScores })
  validation!: JobScores;

  @ApiProperty({ description: 'Accuracy on training text minus accuracy on held-out text, in percentage points.' })
  gap_points!: number;

  @ApiProperty({ description: 'Text that the model wrote at this moment.' })
  sample!: string;
}

/** The evaluation of a job with the lowest validation loss so far, whose weights are registered. */
export class JobBestEvaluation extends PickType(JobEvaluation, ['step', 'epoch', 'validation', 'gap_points']) {}

/** Where the time of a training step goes, in milliseconds. */
export class JobStepTimes {
  @ApiProperty({ description: 'Reading the text.' })
  read!: number;

  @ApiProperty({ description: 'Loss and gradients.' })
  compute!: number;

  @ApiProperty({ description: 'Update of the weights.' })
  optimizer!: number;
}

/** How far a running job is. An addition to OpenAI's shape. */
export class JobProgress {
  @ApiProperty({ example: 'onnxruntime', description: 'What computes the job; empty before a worker has it.' })
  engine!: string;

  @ApiProperty({ example: 'cpu' })
  device!: string;

  @ApiProperty({ enum: ['reading', 'training', 'evaluating', 'exporting', 'verifying'] })
  phase!: string;

  @ApiProperty({ example: 0.42, description: 'Part that is done, from 0 to 1.' })
  fraction!: number;

  @ApiProperty()
  step!: number;

  @ApiProperty()
  total_steps!: number;

  @ApiProperty()
  epoch!: number;

  @ApiProperty()
  epochs!: number;

  @ApiProperty()
  tokens_per_second!: number;

  @ApiProperty({ description: 'Estimated time left, in seconds.' })
  seconds_left!: number;

  @ApiProperty({ description: 'Training loss in nats per token.' })
  loss!: number;

  @ApiProperty({ description: 'exp(loss).' })
  perplexity!: number;

  @ApiProperty()
  learning_rate!: number;

  @ApiProperty({ description: 'Before clipping.' })
  gradient_norm!: number;

  @ApiProperty({ description: 'Norm of an update relative to that of the weights.' })
  update_ratio!: number;

  @ApiProperty({ type: JobStepTimes })
  step_ms!: JobStepTimes;

  @ApiProperty({ type: JobEvaluation, nullable: true })
  evaluation!: JobEvaluation | null;

  @ApiProperty({ type: JobBestEvaluation, nullable: true })
  best!: JobBestEvaluation | null;
}

/** A training run, in OpenAI's shape. */
export class FineTuningJob {
  @ApiProperty({ example: 'ftjob-8Jr2Qw5Zt1Vn4Xc7Bm9KsL' })
  id!: string;

  @ApiProperty({ enum: ['fine_tuning.job'] })
  object!: 'fine_tuning.job';

  @ApiProperty({ example: 'small', description: 'The preset, version or checkpoint that was asked for.' })
  model!: string;

  @ApiProperty({ enum: ['validating_files', 'queued', 'running', 'paused', 'succeeded', 'failed', 'cancelled'] })
  status!: string;

  @ApiProperty({ description: 'Unix time in seconds.' })
  created_at!: number;

  @ApiProperty({ type: Number, nullable: true })
  finished_at!: number | null;

  @ApiProperty({ type: Number, nullable: true, description: 'Unix time in seconds; null unless the job is running.' })
  estimated_finish!: number | null;

  @ApiProperty({
    type: String,
    nullable: true,
    example: 'ft:small:understudy:k3v9bqyx',
    description: 'The model version, once the job has succeeded.',
  })
  fine_tuned_model!: string | null;

  @ApiProperty()
  training_file!: string;

  @ApiProperty({ type: String, nullable: true })
  validation_file!: string | null;

  @ApiProperty({ type: [String], description: 'A CSV file of what was measured, once the job has ended.' })
  result_files!: string[];

  @ApiProperty({
    enum: ['running', 'paused', 'cancelled'],
    description: 'What a person asked for; its worker obeys within seconds. An addition, as are the next three.',
  })
  desired_status!: string;

  @ApiProperty({ type: Number, nullable: true, description: 'When a worker first began it: Unix time in seconds.' })
  started_at!: number | null;

  @ApiProperty({ description: 'How long workers have had it, all attempts together.' })
  run_seconds!: number;

  @ApiProperty({ description: 'How many times a worker has begun or gone on with it.' })
  attempts!: number;

  @ApiProperty({ type: Number, nullable: true })
  trained_tokens!: number | null;

  @ApiProperty()
  seed!: number;

  @ApiProperty({ type: String, nullable: true })
  user_provided_suffix!: string | null;

  @ApiProperty({ type: 'object', additionalProperties: true })
  hyperparameters!: Record<string, unknown>;

  @ApiProperty({ type: 'object', additionalProperties: true })
  method!: { type: 'supervised'; supervised: { hyperparameters: Record<string, unknown> } };

  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' } })
  metadata!: Record<string, string>;

  @ApiProperty({ type: [Object] })
  integrations!: never[];

  @ApiProperty()
  organization_id!: string;

  @ApiProperty({ type: JobError, nullable: true })
  error!: JobError | null;

  @ApiProperty({ type: JobProgress, nullable: true })
  progress!: JobProgress | null;
}

/** A page of jobs, newest first. */
export class FineTuningJobList {
  @ApiProperty({ enum: ['list'] })
  object!: 'list';

  @ApiProperty({ type: [FineTuningJob] })
  data!: FineTuningJob[];

  @ApiProperty({ type: String, nullable: true })
  first_id!: string | null;

  @ApiProperty({ type: String, nullable: true })
  last_id!: string | null;

  @ApiProperty()
  has_more!: boolean;
}

/** Something that happened to a job, in OpenAI's shape. */
export class FineTuningJobEvent {
  @ApiProperty({ example: 'ftevent-2Xc7Bm9KsL8Jr2Qw5Zt1Vn' })
  id!: string;

  @ApiProperty({ enum: ['fine_tuning.job.event'] })
  object!: 'fine_tuning.job.event';

  @ApiProperty({ description: 'Unix time in seconds.' })
  created_at!: number;

  @ApiProperty({ enum: ['info', 'warn', 'error'] })
  level!: string;

  @ApiProperty({ enum: ['message', 'metrics'] })
  type!: string;

  @ApiProperty()
  message!: string;

  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true })
  data!: unknown;
}

/** A page of events, newest first. */
export class FineTuningJobEventList {
  @ApiProperty({ enum: ['list'] })
  object!: 'list';

  @ApiProperty({ type: [FineTuningJobEvent] })
  data!: FineTuningJobEvent[];

  @ApiProperty({ type: String, nullable: true })
  first_id!: string | null;

  @ApiProperty({ type: String, nullable: true })
  last_id!: string | null;

  @ApiProperty()
  has_more!: boolean;
}
