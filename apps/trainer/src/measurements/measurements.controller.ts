import { join } from 'node:path';
import { Controller, Get, Inject, Param, Query, StreamableFile } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, ApiOperation, ApiProduces, ApiTags, getSchemaPath } from '@nestjs/swagger';
import { CodedError } from '#errors';
import { RequireScope } from '#observability';
import { Registry } from '#registry';
import { PageQuery } from '../fine-tuning/job.dto.js';
import type { Plain } from '../plain.js';
import { TRAINER_OPTIONS, type TrainerOptions } from '../trainer-options.js';
import { FineTuningJobMetrics, FineTuningJobSampleList, JobMetricsQuery } from './measurements.dto.js';
import { renderMetricsCsv } from './metrics-csv.js';
import { presentMetrics, presentSamples } from './present-measurements.js';
import { readCurve } from './run-curve.js';
import { packEventFiles } from './tensorboard-archive.js';

/** What jobs measured: curves, texts, files for other programs. An addition to OpenAI's API. */
@ApiTags('fine-tuning')
@Controller('v1/fine_tuning/jobs/:id')
@RequireScope('training')
export class MeasurementsController {
  constructor(
    private readonly registry: Registry,
    @Inject(TRAINER_OPTIONS) private readonly options: TrainerOptions,
  ) {}

  @Get('metrics')
  @ApiOperation({ summary: 'What a job has measured so far, by columns; or all of it as CSV' })
  @ApiProduces('application/json', 'text/csv')
  @ApiExtraModels(FineTuningJobMetrics)
  @ApiOkResponse({
    content: {
      'application/json': { schema: { $ref: getSchemaPath(FineTuningJobMetrics) } },
      'text/csv': { schema: { type: 'string' } },
    },
  })
  async metrics(
    @Param('id') id: string,
    @Query() { after, points, format }: JobMetricsQuery,
  ): Promise<Plain<FineTuningJobMetrics> | StreamableFile> {
    if (format === 'json') return presentMetrics(id, await this.registry.measurements.curve(id, { after, points }));
    const curve = await readCurve(this.registry, id);
    return new StreamableFile(Buffer.from(renderMetricsCsv(curve)), {
      type: 'text/csv; charset=utf-8',
      disposition: `attachment; filename="${id}.csv"`,
    });
  }

  @Get('samples')
  @ApiOperation({ summary: 'Texts that the model of a job wrote at its evaluations, the newest first' })
  @ApiOkResponse({ type: FineTuningJobSampleList })
  async samples(@Param('id') id: string, @Query() query: PageQuery): Promise<Plain<FineTuningJobSampleList>> {
    return presentSamples(await this.registry.measurements.samples(id, { after: query.after, limit: query.limit }));
  }

  @Get('tensorboard')
  @ApiOperation({ summary: 'The event files of a job for TensorBoard, as .tar.gz' })
  @ApiProduces('application/gzip')
  @ApiOkResponse({ content: { 'application/gzip': { schema: { type: 'string', format: 'binary' } } } })
  async tensorBoard(@Param('id') id: string): Promise<StreamableFile> {
    const curve = await readCurve(this.registry, id);
    if (curve.length === 0) {
      throw new CodedError('not_found', `The job ${id} has measured nothing yet. Ask again when it has trained.`);
    }
    const folder = join(this.options.config.tensorBoardDir, id);
    return new StreamableFile(packEventFiles(folder, id, curve), {
      type: 'application/gzip',
      disposition: `attachment; filename="${id}.tensorboard.tar.gz"`,
    });
  }
}
