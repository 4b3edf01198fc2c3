import { ApiProperty } from '@nestjs/swagger';
import { JobError } from '../fine-tuning/job.dto.js';

const VERDICTS = ['upgrade', 'keep_small', 'use_intermediate', 'collect_more_data'];

const STATUSES = [
  'training_from',
  'advising',
  'training_to',
  'comparing',
  'training_fallback',
  'comparing_fallback',
  'succeeded',
  'failed',
  'cancelled',
];

/** What the rules say, in short. */
export class AdviceSummary {
  @ApiProperty({ enum: VERDICTS, description: 'Of the rule set that decides.' })
  verdict!: string;

  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' }, description: 'Of each rule set.' })
  verdicts!: Record<string, string>;

  @ApiProperty({ description: 'Training tokens to add, where the verdict is to collect more data; else 0.' })
  tokens_needed!: number;

  @ApiProperty({ type: [String] })
  reasons!: string[];
}

/** How far a stage is that no job shows. */
export class ExperimentProgress {
  @ApiProperty({ enum: ['reading', 'baseline', 'scoring', 'resampling', 'sampling'] })
  phase!: string;

  @ApiProperty()
  message!: string;

  @ApiProperty({ description: 'Part of the stage that is done, from 0 to 1.' })
  fraction!: number;
}

/** An upgrade experiment. */
export class UpgradeExperimentObject {
  @ApiProperty({ example: 'upexp-8Jr2Qw5Zt1Vn4Xc7Bm9KsL' })
  id!: string;

  @ApiProperty({ enum: ['upgrade_experiment'] })
  object!: 'upgrade_experiment';

  @ApiProperty({ enum: STATUSES, description: 'The stage that it is in, or how it ended.' })
  status!: string;

  @ApiProperty({ description: 'Unix time in seconds.' })
  created_at!: number;

  @ApiProperty({ type: Number, nullable: true })
  finished_at!: number | null;

  @ApiProperty()
  training_file!: string;

  @ApiProperty({ enum: ['measured', 'literal'] })
  policy!: string;

  @ApiProperty()
  from!: string;

  @ApiProperty()
  to!: string;

  @ApiProperty({ type: String, nullable: true })
  fallback!: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'The job of the smaller model, once there is one.' })
  from_job!: string | null;

  @ApiProperty({ type: String, nullable: true })
  to_job!: string | null;

  @ApiProperty({ type: String, nullable: true })
  fallback_job!: string | null;

  @ApiProperty()
  only_if_advised!: boolean;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'The policy of the release that the verdict to upgrade opens; null: none.',
  })
  release_policy!: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'The release that it has opened: GET /v1/admin/releases/{id} of the generator.',
  })
  release!: string | null;

  @ApiProperty()
  seed!: number;

  @ApiProperty({ type: String, nullable: true })
  user_provided_suffix!: string | null;

  @ApiProperty({ type: 'object', additionalProperties: true, description: 'By preset.' })
  hyperparameters!: Record<string, Readonly<Record<string, unknown>>>;

  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' } })
  metadata!: Record<string, string>;

  @ApiProperty({ type: ExperimentProgress, nullable: true })
  progress!: ExperimentProgress | null;

  @ApiProperty({ type: AdviceSummary, nullable: true, description: 'What the rules said after the smaller model.' })
  advice!: AdviceSummary | null;

  @ApiProperty({ type: AdviceSummary, nullable: true, description: 'How it ended, once it has.' })
  outcome!: AdviceSummary | null;

  @ApiProperty({ enum: VERDICTS, nullable: true, description: 'The verdict of the outcome.' })
  verdict!: string | null;

  @ApiProperty({ type: JobError, nullable: true })
  error!: JobError | null;
}

/** A page of experiments, newest first. */
export class UpgradeExperimentList {
  @ApiProperty({ enum: ['list'] })
  object!: 'list';

  @ApiProperty({ type: [UpgradeExperimentObject] })
  data!: UpgradeExperimentObject[];

  @ApiProperty({ type: String, nullable: true })
  first_id!: string | null;

  @ApiProperty({ type: String, nullable: true })
  last_id!: string | null;

  @ApiProperty()
  has_more!: boolean;
}

/** Something that happened in an experiment. */
export class UpgradeExperimentEventObject {
  @ApiProperty({ example: 'upevent-12' })
  id!: string;

  @ApiProperty({ enum: ['upgrade_experiment.event'] })
  object!: 'upgrade_experiment.event';

  @ApiProperty({ description: 'Unix time in seconds.' })
  created_at!: number;

  @ApiProperty({ enum: ['info', 'warn', 'error'] })
  level!: string;

  @ApiProperty()
  message!: string;

  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true })
  data!: unknown;
}

/** A page of events, newest first. */
export class UpgradeExperimentEventList {
  @ApiProperty({ enum: ['list'] })
  object!: 'list';

  @ApiProperty({ type: [UpgradeExperimentEventObject] })
  data!: UpgradeExperimentEventObject[];

  @ApiProperty({ type: String, nullable: true })
  first_id!: string | null;

  @ApiProperty({ type: String, nullable: true })
  last_id!: string | null;

  @ApiProperty()
  has_more!: boolean;
}
