import { Body, Controller, Get, Headers, HttpCode, Param, Post, Query, Req, Res, StreamableFile } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { requestTrace, RequireScope } from '#observability';
import { Registry } from '#registry';
import type { Plain } from '../plain.js';
import { CreateFineTuningJob } from './create-fine-tuning-job.js';
import { FineTuningJobCheckpointList } from './checkpoint.dto.js';
import { presentCheckpointList } from './checkpoint-presenter.js';
import { CreateJobBody } from './create-job.dto.js';
import { EnqueueRun } from './enqueue-run.js';
import { FineTuningJob, FineTuningJobEventList, FineTuningJobList, ListJobsQuery, PageQuery } from './job.dto.js';
import { JobEventStreams } from './job-event-streams.js';
import { presentEventList, presentJob, presentJobList } from './job-presenter.js';

/** `/v1/fine_tuning/jobs`: training runs. */
@ApiTags('fine-tuning')
@Controller('v1/fine_tuning/jobs')
@RequireScope('training')
export class FineTuningJobsController {
  constructor(
    private readonly registry: Registry,
    private readonly createJob: CreateFineTuningJob,
    private readonly enqueueRun: EnqueueRun,
    private readonly streams: JobEventStreams,
  ) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({ summary: 'Train a preset on an uploaded file, or continue a model version or checkpoint on one' })
  @ApiOkResponse({ type: FineTuningJob })
  async create(@Body() body: CreateJobBody, @Req() request: FastifyRequest): Promise<Plain<FineTuningJob>> {
    return presentJob(await this.createJob.create(body, requestTrace(request.raw)?.traceParent));
  }

  @Get()
  @ApiOperation({ summary: 'List jobs, newest first' })
  @ApiOkResponse({ type: FineTuningJobList })
  async list(@Query() { after, limit, metadata }: ListJobsQuery): Promise<Plain<FineTuningJobList>> {
    const asked = typeof metadata === 'string' ? null : metadata;
    return presentJobList(await this.registry.listTrainingRuns({ after, limit, metadata: asked }));
  }

  @Get(':id')
  @ApiOperation({ summary: 'Describe a job' })
  @ApiOkResponse({ type: FineTuningJob })
  async get(@Param('id') id: string): Promise<Plain<FineTuningJob>> {
    return presentJob(await this.registry.getTrainingRun(id));
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @ApiOperation({ summary: 'Cancel a job: a queued one at once, a running one within a few seconds' })
  @ApiOkResponse({ type: FineTuningJob })
  async cancel(@Param('id') id: string): Promise<Plain<FineTuningJob>> {
    return presentJob(await this.registry.requestCancel(id));
  }

  @Post(':id/pause')
  @HttpCode(200)
  @ApiOperation({ summary: 'Pause a job: a queued one at once, a running one when it has saved its training state' })
  @ApiOkResponse({ type: FineTuningJob })
  async pause(@Param('id') id: string): Promise<Plain<FineTuningJob>> {
    return presentJob(await this.registry.requestPause(id));
  }

  @Post(':id/resume')
  @HttpCode(200)
  @ApiOperation({ summary: 'Let a paused job go on from where it was; it waits for the device like any other' })
  @ApiOkResponse({ type: FineTuningJob })
  async resume(@Param('id') id: string): Promise<Plain<FineTuningJob>> {
    const run = await this.registry.requestResume(id);
    await this.enqueueRun.enqueue(run);
    return presentJob(run);
  }

  @Get(':id/checkpoints')
  @ApiOperation({ summary: 'Checkpoints of a job that are kept, the last step first' })
  @ApiOkResponse({ type: FineTuningJobCheckpointList })
  async checkpoints(@Param('id') id: string, @Query() query: PageQuery): Promise<Plain<FineTuningJobCheckpointList>> {
    return presentCheckpointList(
      await this.registry.checkpoints.list({ after: query.after, limit: query.limit, trainingRunId: id }),
    );
  }

  @Get(':id/events')
  @ApiOperation({ summary: 'Events of a job; with "Accept: text/event-stream" a stream that ends with the job' })
  @ApiProduces('application/json', 'text/event-stream')
  @ApiOkResponse({ type: FineTuningJobEventList })
  async events(
    @Param('id') id: string,
    @Query() query: PageQuery,
    @Headers('accept') accept: string | undefined,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Plain<FineTuningJobEventList> | StreamableFile> {
    await this.registry.getTrainingRun(id);
    if (accept?.includes('text/event-stream') !== true)
      return presentEventList(
        await this.registry.listRunEvents(id, { after: query.after, limit: query.limit, order: 'desc' }),
      );
    void reply.headers({ 'cache-control': 'no-cache', 'x-accel-buffering': 'no' });
    return new StreamableFile(this.streams.follow(id, lastEventId ?? query.after), {
      type: 'text/event-stream; charset=utf-8',
    });
  }
}
