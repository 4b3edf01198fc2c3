import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequireScope } from '#observability';
import { Registry } from '#registry';
import { Answers, AnswersList } from './admin-docs.js';
import { CurrentActor, type RequestActor } from './current-actor.js';
import { IdempotentWrite } from './idempotency/idempotent-write.js';
import { listObject, PageQueryDto, pageRequest, type ListObject } from './page-query.dto.js';
import {
  eventObject,
  EXPLAINED_RELEASE,
  explainedRelease,
  RELEASE,
  RELEASE_EVENT,
  releaseObject,
} from './release-object.js';
import { RELEASE_SERIES, seriesObject } from './release-series.js';
import { DEFAULT_POINTS, ReasonDto, ReleasesQueryDto, SeriesQueryDto } from './release.dto.js';

/** Attempts to replace an incumbent. */
@ApiTags('Administration')
@RequireScope('admin')
@Controller('v1/admin/releases')
export class ReleasesController {
  constructor(private readonly registry: Registry) {}

  @Get()
  @ApiOperation({ summary: 'List releases, the newest first' })
  @AnswersList(RELEASE)
  async list(@Query() query: ReleasesQueryDto): Promise<ListObject<object>> {
    const { deployment, state, version } = query;
    const page = await this.registry.releases.list({ ...pageRequest(query), deployment, state, version });
    return listObject(page, releaseObject);
  }

  @Get(':id')
  @ApiOperation({
    summary:
      'One release with each metric: numbers, intervals, wealth, bounds, what is missing to decide, and what it waits for',
  })
  @Answers(EXPLAINED_RELEASE)
  async read(@Param('id') id: string): Promise<object> {
    return explainedRelease(await this.registry.releases.getCase(id));
  }

  @Get(':id/series')
  @ApiOperation({ summary: 'How a release stood over time: metrics with intervals and wealth, and what each arm did' })
  @Answers(RELEASE_SERIES)
  async series(@Param('id') id: string, @Query() { points }: SeriesQueryDto): Promise<object> {
    const release = await this.registry.releases.get(id);
    return seriesObject(release, await this.registry.releases.readHistory(id), points ?? DEFAULT_POINTS);
  }

  @Get(':id/events')
  @ApiOperation({ summary: 'What happened in a release and by which evidence, the newest first' })
  @AnswersList(RELEASE_EVENT)
  async events(@Param('id') id: string, @Query() query: PageQueryDto): Promise<ListObject<object>> {
    return listObject(await this.registry.releases.listEvents(id, pageRequest(query)), eventObject);
  }

  @Post(':id/pause')
  @HttpCode(200)
  @IdempotentWrite()
  @ApiOperation({ summary: 'Take no step forward; the candidate is rolled back all the same when it must be' })
  @Answers(RELEASE)
  async pause(
    @Param('id') id: string,
    @Body() { reason }: ReasonDto,
    @CurrentActor() actor: RequestActor,
  ): Promise<object> {
    return releaseObject(await this.registry.releases.pause(id, { ...actor, reason: reason ?? null }));
  }

  @Post(':id/resume')
  @HttpCode(200)
  @IdempotentWrite()
  @ApiOperation({ summary: 'Let a paused or held release go on; its limits of time count anew' })
  @Answers(RELEASE)
  async resume(
    @Param('id') id: string,
    @Body() { reason }: ReasonDto,
    @CurrentActor() actor: RequestActor,
  ): Promise<object> {
    return releaseObject(await this.registry.releases.resume(id, { ...actor, reason: reason ?? null }));
  }

  @Post(':id/abort')
  @HttpCode(200)
  @IdempotentWrite()
  @ApiOperation({ summary: 'End a release: what serves goes on serving, a candidate gets no more requests' })
  @Answers(RELEASE)
  async abort(
    @Param('id') id: string,
    @Body() { reason }: ReasonDto,
    @CurrentActor() actor: RequestActor,
  ): Promise<object> {
    return releaseObject(await this.registry.releases.abort(id, { ...actor, reason: reason ?? null }));
  }

  @Post(':id/advance')
  @HttpCode(200)
  @IdempotentWrite()
  @ApiOperation({
    summary: 'Go to the next share, to promotion or to the end of the watch without waiting for evidence',
  })
  @Answers(RELEASE)
  async advance(
    @Param('id') id: string,
    @Body() { reason }: ReasonDto,
    @CurrentActor() actor: RequestActor,
  ): Promise<object> {
    return releaseObject(await this.registry.releases.advance(id, { ...actor, reason: reason ?? null }));
  }
}
