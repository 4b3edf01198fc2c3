import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { Equals, IsInt, IsObject, IsOptional, IsString, Max, Min, ValidateNested } from 'class-validator';
import { HYPERPARAMETER_NAMES } from '#language-model';
import { IsMetadata } from './is-metadata.js';
import { Unsupported } from './unsupported.js';

/** Seeds are kept in a signed 32-bit column, as in the OpenAI API. */
export const MAX_SEED = 2_147_483_647;

const HYPERPARAMETERS_DOC = {
  type: 'object',
  additionalProperties: true,
  example: { n_epochs: 5, batch_size: 32, learning_rate_multiplier: 'auto', dropout_rate: 0.3 },
  description: `${HYPERPARAMETER_NAMES.join(', ')}. Each may be "auto"; what is left out comes from the preset.`,
} as const;

/** Settings of supervised training: the only method there is. */
export class SupervisedMethod {
  @ApiPropertyOptional(HYPERPARAMETERS_DOC)
  @IsOptional()
  @IsObject()
  hyperparameters?: Record<string, unknown>;
}

/** How to train. */
export class JobMethod {
  @ApiProperty({ enum: ['supervised'] })
  @Equals('supervised', { message: 'method.type must be "supervised", the only method there is' })
  type!: 'supervised';

  @ApiPropertyOptional({ type: SupervisedMethod })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => SupervisedMethod)
  supervised?: SupervisedMethod;
}

/** Body of `POST /v1/fine_tuning/jobs`. */
export class CreateJobBody {
  @ApiProperty({
    example: 'small',
    description: 'The preset to train, or the model version or checkpoint to continue from.',
  })
  @IsString()
  model!: string;

  @ApiProperty({
    example: 'file-3kV9bQyXw2Zr7Lm5TnPaHd',
    description: 'Id of an uploaded file with purpose fine-tune.',
  })
  @IsString()
  training_file!: string;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'Becomes part of the name of the model version: lower-case letters, digits and inner hyphens.',
  })
  @IsOptional()
  @IsString()
  suffix?: string | null;

  @ApiPropertyOptional({
    type: Number,
    nullable: true,
    minimum: 0,
    maximum: MAX_SEED,
    description:
      'Same seed, data and hyper-parameters give the same weights on the same machine. Left out: drawn, and told in the job.',
  })
  @IsOptional()
  @IsInt({ message: `seed must be a whole number from 0 to ${MAX_SEED}` })
  @Min(0)
  @Max(MAX_SEED)
  seed?: number | null;

  @ApiPropertyOptional({
    nullable: true,
    type: 'object',
    additionalProperties: { type: 'string' },
    description: 'Up to 16 pairs of strings, kept with the job.',
  })
  @IsOptional()
  @IsMetadata()
  metadata?: Record<string, string> | null;

  @ApiPropertyOptional({ type: JobMethod })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => JobMethod)
  method?: JobMethod;

  @ApiPropertyOptional({ deprecated: true, ...HYPERPARAMETERS_DOC })
  @IsOptional()
  @IsObject()
  hyperparameters?: Record<string, unknown>;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description:
      'Id of an uploaded file whose text the job is validated on. Left out: documents of the training file are held out.',
  })
  @IsOptional()
  @IsString()
  validation_file?: string | null;

  @Unsupported('Follow the job by GET /v1/fine_tuning/jobs/{id}/events or GET /metrics.')
  integrations?: unknown;
}
