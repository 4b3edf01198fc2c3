import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsInt, IsObject, IsOptional, IsString, Max, Min } from 'class-validator';
import { HYPERPARAMETER_NAMES, PRESETS } from '#language-model';
import { MAX_SEED } from '../fine-tuning/create-job.dto.js';
import { IsMetadata } from '../fine-tuning/is-metadata.js';
import { Unsupported } from '../fine-tuning/unsupported.js';

const PRESET_NAMES = Object.keys(PRESETS);

/** The rule sets of a policy. */
export const POLICIES = ['measured', 'literal'] as const;

const PRESET_MESSAGE = { message: `$property must be one of the presets ${PRESET_NAMES.join(', ')}` };
const POLICY_MESSAGE = { message: `policy must be one of the rule sets ${POLICIES.join(', ')}` };

/** Body of `POST /v1/upgrade-experiments`. */
export class CreateExperimentBody {
  @ApiPropertyOptional({ description: 'Id of an uploaded file. May be left out where a job is reused.' })
  @IsOptional()
  @IsString()
  training_file?: string;

  @ApiPropertyOptional({
    enum: POLICIES,
    default: 'measured',
    description: 'The rule set that decides. The verdict of the other one is in the report, too.',
  })
  @IsOptional()
  @IsIn(POLICIES, POLICY_MESSAGE)
  policy?: (typeof POLICIES)[number];

  @ApiPropertyOptional({ enum: PRESET_NAMES, default: 'small', description: 'Preset of the smaller model.' })
  @IsOptional()
  @IsIn(PRESET_NAMES, PRESET_MESSAGE)
  from?: string;

  @ApiPropertyOptional({ enum: PRESET_NAMES, default: 'medium', description: 'Preset of the larger model.' })
  @IsOptional()
  @IsIn(PRESET_NAMES, PRESET_MESSAGE)
  to?: string;

  @ApiPropertyOptional({
    enum: PRESET_NAMES,
    nullable: true,
    default: 'intermediate',
    description: 'Preset that is trained when the larger model overfits or is no better; null: none.',
  })
  @IsOptional()
  @IsIn(PRESET_NAMES, PRESET_MESSAGE)
  fallback?: string | null;

  @ApiPropertyOptional({ description: 'A job that has trained, or is training, the smaller model on the same file.' })
  @IsOptional()
  @IsString()
  from_job?: string;

  @ApiPropertyOptional({ description: 'A job that has trained, or is training, the larger model on the same file.' })
  @IsOptional()
  @IsString()
  to_job?: string;

  @ApiPropertyOptional({
    default: false,
    description: 'Whether the larger model is trained only where the rules advise it after the smaller one.',
  })
  @IsOptional()
  @IsBoolean()
  only_if_advised?: boolean;

  @ApiPropertyOptional({ type: String, nullable: true, description: 'A word in the names of the model versions.' })
  @IsOptional()
  @IsString()
  suffix?: string | null;

  @ApiPropertyOptional({
    type: Number,
    nullable: true,
    minimum: 0,
    maximum: MAX_SEED,
    description: 'Of all of its jobs. Left out: that of a reused job, or drawn.',
  })
  @IsOptional()
  @IsInt({ message: `seed must be a whole number from 0 to ${MAX_SEED}` })
  @Min(0)
  @Max(MAX_SEED)
  seed?: number | null;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    example: { n_epochs: 5 },
    description: `Of all of its jobs: ${HYPERPARAMETER_NAMES.join(', ')}. Left out: those of a reused job, except for its sizes, or of the preset.`,
  })
  @IsOptional()
  @IsObject()
  hyperparameters?: Record<string, unknown>;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'object', additionalProperties: true },
    example: { medium: { dropout_rate: 0.3 } },
    description: 'More hyper-parameters for the job of one preset.',
  })
  @IsOptional()
  @IsObject()
  preset_hyperparameters?: Record<string, unknown>;

  @ApiPropertyOptional({
    nullable: true,
    type: 'object',
    additionalProperties: { type: 'string' },
    description: 'Up to 16 pairs of strings, kept with the experiment and its jobs.',
  })
  @IsOptional()
  @IsMetadata()
  metadata?: Record<string, string> | null;

  @ApiPropertyOptional({
    type: Boolean,
    nullable: true,
    default: false,
    description:
      'Whether the verdict to upgrade opens a release of the larger model for the deployment of this server.',
  })
  @IsOptional()
  @IsBoolean()
  release?: boolean | null;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    default: 'default',
    description: 'The policy of that release.',
  })
  @IsOptional()
  @IsString()
  release_policy?: string | null;

  @Unsupported('Train the smaller model as a job with a validation_file, then give that job as from_job.')
  validation_file?: unknown;
}
