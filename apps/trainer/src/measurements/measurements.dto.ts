import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsIn, IsInt, IsOptional, IsString, Max, Min } from 'class-validator';
import { METRIC_COLUMN_NAMES, type MetricColumn } from './metric-columns.js';

const FORMATS = ['json', 'csv'] as const;

/** A screen has fewer pixels across; who looks at a part of a curve sees more of them. */
const MOST_POINTS = 10_000;
const POINTS = 1_000;

/** Query of `GET /v1/fine_tuning/jobs/{id}/metrics`. */
export class JobMetricsQuery {
  @ApiPropertyOptional({
    description: 'The last_id of the answer before: only what was told since then. For JSON.',
  })
  @IsOptional()
  @IsString()
  after?: string;

  @ApiPropertyOptional({
    type: Number,
    minimum: 2,
    maximum: MOST_POINTS,
    default: POINTS,
    description: 'Most points of training, and most evaluations; a longer curve is thinned, peaks kept. For JSON.',
  })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(2)
  @Max(MOST_POINTS)
  points: number = POINTS;

  @ApiPropertyOptional({ enum: FORMATS, default: 'json', description: 'CSV has every point.' })
  @IsOptional()
  @IsIn(FORMATS, { message: `format must be one of ${FORMATS.join(', ')}` })
  format: (typeof FORMATS)[number] = 'json';
}

/** The columns of what a job measured. */
class JobMetricColumns {
  readonly [name: string]: (number | null)[];
}
for (const name of METRIC_COLUMN_NAMES) {
  const column = { type: 'array', items: { type: 'number', nullable: true } } as const;
  ApiProperty(column)(JobMetricColumns.prototype, name);
}

/** What a job measured, by columns that are equally long. */
export class FineTuningJobMetrics {
  @ApiProperty({ enum: ['fine_tuning.job.metrics'] })
  object!: 'fine_tuning.job.metrics';

  @ApiProperty()
  fine_tuning_job_id!: string;

  @ApiProperty({ type: [Number], description: 'Step of each point, rising.' })
  steps!: number[];

  @ApiProperty({ type: [Number], description: 'When each point was told: Unix time in seconds, with fractions.' })
  at!: number[];

  @ApiProperty({
    type: JobMetricColumns,
    description:
      'Numbers by the names of the CSV file; null where one is not known at a point. Losses are nats per token, accuracies shares from 0 to 1, the gap percentage points.',
  })
  columns!: Record<MetricColumn, (number | null)[]>;

  @ApiProperty({ description: 'How many points there are, those that were left out included.' })
  told!: number;

  @ApiProperty({ type: String, nullable: true, description: 'Give it as after to get what is told from now on.' })
  last_id!: string | null;

  @ApiProperty({ description: 'Whether there is more already; only after more than 50,000 points.' })
  has_more!: boolean;
}

/** A text that the model wrote at an evaluation. */
export class FineTuningJobSample {
  @ApiProperty({ example: 'ftevent-812' })
  id!: string;

  @ApiProperty({ enum: ['fine_tuning.job.sample'] })
  object!: 'fine_tuning.job.sample';

  @ApiProperty({ description: 'Unix time in seconds.' })
  created_at!: number;

  @ApiProperty()
  step!: number;

  @ApiProperty()
  epoch!: number;

  @ApiProperty({ type: Number, nullable: true, description: 'Nats per token.' })
  valid_loss!: number | null;

  @ApiProperty()
  text!: string;
}

/** A page of texts, the newest first. */
export class FineTuningJobSampleList {
  @ApiProperty({ enum: ['list'] })
  object!: 'list';

  @ApiProperty({ type: [FineTuningJobSample] })
  data!: FineTuningJobSample[];

  @ApiProperty({ type: String, nullable: true })
  first_id!: string | null;

  @ApiProperty({ type: String, nullable: true })
  last_id!: string | null;

  @ApiProperty()
  has_more!: boolean;
}
