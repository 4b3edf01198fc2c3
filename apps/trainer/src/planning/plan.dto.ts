import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsObject, IsOptional, IsString } from 'class-validator';
import { HYPERPARAMETER_NAMES } from '#language-model';

/** A preset and its sizes. */
export class TrainingPreset {
  @ApiProperty({ example: 'small' })
  id!: string;

  @ApiProperty()
  embedding_dim!: number;

  @ApiProperty()
  lstm_units!: number;

  @ApiProperty({ description: 'With a vocabulary of 10,000.' })
  parameters!: number;
}

/** What a hyper-parameter may be. */
export class TrainingHyperparameter {
  @ApiProperty({ example: 'n_epochs' })
  name!: string;

  @ApiProperty({ enum: ['integer', 'number', 'choice'] })
  kind!: 'integer' | 'number' | 'choice';

  @ApiProperty({
    nullable: true,
    oneOf: [{ type: 'number' }, { type: 'string' }],
    description: 'Used where it is left out; null: that of the preset.',
  })
  default!: number | string | null;

  @ApiProperty({ type: Number, nullable: true })
  minimum!: number | null;

  @ApiProperty({ type: Number, nullable: true })
  maximum!: number | null;

  @ApiProperty({ type: [String], description: 'Of a choice; else empty.' })
  choices!: string[];
}

/** Answer to `GET /v1/fine_tuning/presets`. */
export class TrainingPresets {
  @ApiProperty({ enum: ['fine_tuning.presets'] })
  object!: 'fine_tuning.presets';

  @ApiProperty({ type: [TrainingPreset], description: 'The smallest first.' })
  presets!: TrainingPreset[];

  @ApiProperty({ type: [TrainingHyperparameter] })
  hyperparameters!: TrainingHyperparameter[];
}

/** Body of `POST /v1/fine_tuning/plan`. */
export class PlanBody {
  @ApiProperty({ example: 'small', description: 'As for a job.' })
  @IsString()
  model!: string;

  @ApiProperty({ example: 'file-3kV9bQyXw2Zr7Lm5TnPaHd' })
  @IsString()
  training_file!: string;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    example: { n_epochs: 5 },
    description: HYPERPARAMETER_NAMES.join(', '),
  })
  @IsOptional()
  @IsObject()
  hyperparameters?: Record<string, unknown>;
}

/** Something to think of before a job is made. */
export class PlanAdvice {
  @ApiProperty({ enum: ['info', 'warn', 'error'], description: 'error: the job would fail.' })
  level!: 'info' | 'warn' | 'error';

  @ApiProperty({ example: 'below_target' })
  code!: string;

  @ApiProperty()
  message!: string;
}

/** How large a job would be; null where the text was not looked at yet. */
export class PlanSize {
  @ApiProperty({ description: 'With the vocabulary of this text.' })
  parameters!: number;

  @ApiProperty()
  vocabulary_size!: number;

  @ApiProperty({ description: 'Of the training part of the text.' })
  training_tokens!: number;

  @ApiProperty({ description: 'Training sequences for each parameter; 5 to 10 is the target.' })
  tokens_per_parameter!: number;

  @ApiProperty({ description: 'Training tokens that are missing to 5 for each parameter.' })
  tokens_missing!: number;

  @ApiProperty()
  steps!: number;

  @ApiProperty({ description: 'All epochs together.' })
  trained_tokens!: number;

  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'Of training alone, by the speed of the newest job on this server; null before there is one.',
  })
  seconds!: number | null;

  @ApiProperty({ type: String, nullable: true, description: 'The job whose speed that is.' })
  measured_on!: string | null;
}

/** What a job would be. Nothing is kept of it. */
export class TrainingPlanObject {
  @ApiProperty({ enum: ['fine_tuning.plan'] })
  object!: 'fine_tuning.plan';

  @ApiProperty()
  preset!: string;

  @ApiProperty({ type: PlanSize, nullable: true })
  size!: PlanSize | null;

  @ApiProperty({ type: [PlanAdvice] })
  advice!: PlanAdvice[];

  @ApiProperty({
    type: String,
    nullable: true,
    description:
      'The newest job that has trained a smaller preset on this file: what GET /v1/upgrade-advice?job= can be asked about.',
  })
  smaller_job!: string | null;
}
