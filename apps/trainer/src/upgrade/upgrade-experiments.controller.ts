import { Body, Controller, Get, Header, Headers, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CodedError } from '#errors';
import type { UpgradeReport } from '#language-model/upgrade';
import { RequireScope } from '#observability';
import { Registry } from '#registry';
import { PageQuery } from '../fine-tuning/job.dto.js';
import type { Plain } from '../plain.js';
import { CreateExperimentBody } from './create-experiment.dto.js';
import { CreateUpgradeExperiment } from './create-upgrade-experiment.js';
import { UpgradeExperimentEventList, UpgradeExperimentList, UpgradeExperimentObject } from './experiment.dto.js';
import { presentExperiment, presentExperimentEvents, presentExperimentList } from './experiment-presenter.js';
import { ReportQuery } from './report.dto.js';
import { ReportResponse } from './report-response.js';
import { sendReport } from './send-report.js';

/** `/v1/upgrade-experiments`: is a larger model worth it? */
@ApiTags('upgrades')
@Controller('v1/upgrade-experiments')
@RequireScope('training')
export class UpgradeExperimentsController {
  constructor(
    private readonly registry: Registry,
    private readonly createExperiment: CreateUpgradeExperiment,
  ) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({ summary: 'Train a smaller and a larger model on a file, compare them, end with a verdict' })
  @ApiOkResponse({ type: UpgradeExperimentObject })
  async create(@Body() body: CreateExperimentBody): Promise<Plain<UpgradeExperimentObject>> {
    return presentExperiment(await this.createExperiment.create(body));
  }

  @Get()
  @ApiOperation({ summary: 'List experiments, newest first' })
  @ApiOkResponse({ type: UpgradeExperimentList })
  async list(@Query() query: PageQuery): Promise<Plain<UpgradeExperimentList>> {
    return presentExperimentList(await this.registry.upgradeExperiments.list(query));
  }

  @Get(':id')
  @ApiOperation({ summary: 'Describe an experiment' })
  @ApiOkResponse({ type: UpgradeExperimentObject })
  async get(@Param('id') id: string): Promise<Plain<UpgradeExperimentObject>> {
    return presentExperiment(await this.registry.upgradeExperiments.get(id));
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @ApiOperation({ summary: 'Cancel an experiment and those of its own jobs that have not ended' })
  @ApiOkResponse({ type: UpgradeExperimentObject })
  async cancel(@Param('id') id: string): Promise<Plain<UpgradeExperimentObject>> {
    return presentExperiment(await this.registry.upgradeExperiments.cancel(id));
  }

  @Get(':id/events')
  @ApiOperation({ summary: 'Events of an experiment, newest first' })
  @ApiOkResponse({ type: UpgradeExperimentEventList })
  async events(@Param('id') id: string, @Query() query: PageQuery): Promise<Plain<UpgradeExperimentEventList>> {
    const page = { after: query.after, limit: query.limit, order: 'desc' } as const;
    return presentExperimentEvents(await this.registry.upgradeExperiments.listEvents(id, page));
  }

  @Get(':id/report')
  @Header('vary', 'accept')
  @ApiOperation({ summary: 'The newest report: every rule with its number, its limit and its source' })
  @ReportResponse()
  async report(
    @Param('id') id: string,
    @Query() { format }: ReportQuery,
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<UpgradeReport | string> {
    const { state, releaseId } = await this.registry.upgradeExperiments.get(id);
    const report = await this.registry.upgradeExperiments.getReport(id);
    if (report === null) {
      throw new CodedError(
        'conflict',
        `The experiment ${id} is ${state}; its first report is there when the smaller model is trained and measured.`,
      );
    }
    return sendReport({ ...(report as unknown as UpgradeReport), release: releaseId }, format, accept, reply);
  }
}
