import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { CodedError } from '#errors';
import { RequireScope } from '#observability';
import { Registry, type Deployment } from '#registry';
import { ModelHost } from '../models/model-host.js';
import { Answers, AnswersList } from './admin-docs.js';
import { CurrentActor, type RequestActor } from './current-actor.js';
import { PromoteDto, RollbackDto, ServingQueryDto, TimelineQueryDto } from './deployment-change.dto.js';
import { DEPLOYMENT, deploymentObject } from './deployment-object.js';
import { IdempotentWrite } from './idempotency/idempotent-write.js';
import { listObject, pageOf, PageQueryDto, pageRequest, type ListObject } from './page-query.dto.js';
import { periodObject, SERVING_PERIOD, TIMELINE_ENTRY, timelineObject } from './release-object.js';
import { ReasonDto } from './release.dto.js';

/** Which version serves a deployment, and changing it. */
@ApiTags('Administration')
@RequireScope('admin')
@Controller('v1/admin/deployments')
export class DeploymentsController {
  constructor(
    private readonly registry: Registry,
    private readonly host: ModelHost,
  ) {}

  @Get()
  @ApiOperation({ summary: 'List deployments by name; after = the last name' })
  @AnswersList(DEPLOYMENT)
  async list(@Query() query: PageQueryDto): Promise<ListObject<object>> {
    const deployments = await this.registry.releases.listDeployments();
    const page = pageOf(deployments, query, ({ deployment }) => deployment.name);
    return listObject(page, ({ deployment, release }) => deploymentObject(deployment, release?.id ?? null));
  }

  @Get(':name')
  @ApiOperation({ summary: 'Which version serves, which one a rollback goes back to, and the release that is open' })
  @Answers(DEPLOYMENT)
  async read(@Param('name') name: string): Promise<object> {
    return this.#present(await this.registry.getDeployment(name));
  }

  @Get(':name/timeline')
  @ApiOperation({ summary: 'What was done, decided and served, in one list, the newest first' })
  @AnswersList(TIMELINE_ENTRY)
  async timeline(@Param('name') name: string, @Query() query: TimelineQueryDto): Promise<ListObject<object>> {
    const page = await this.registry.releases.listTimeline(name, { ...pageRequest(query), source: query.source });
    return listObject(page, timelineObject);
  }

  @Get(':name/serving')
  @ApiOperation({ summary: 'Which versions served at a time, the incumbent first, and which entry says why' })
  @AnswersList(SERVING_PERIOD)
  async serving(@Param('name') name: string, @Query() { at }: ServingQueryDto): Promise<ListObject<object>> {
    const periods = await this.registry.releases.findServing(name, at === undefined ? new Date() : readTime(at));
    return { object: 'list', data: periods.map(periodObject), has_more: false };
  }

  @Post(':name/promote')
  @HttpCode(200)
  @IdempotentWrite()
  @ApiOperation({ summary: 'Let a version serve at once, or open a release that lets it serve step by step' })
  @Answers(DEPLOYMENT)
  async promote(
    @Param('name') name: string,
    @Body() { version, strategy, policy, reason }: PromoteDto,
    @CurrentActor() actor: RequestActor,
  ): Promise<object> {
    const deployment = await this.registry.getDeployment(name);
    const by = { ...actor, reason: reason ?? null };
    if (strategy === 'release') {
      const wanted = { deployment: name, candidateVersionId: version, policyName: policy ?? undefined, ...by };
      const { id } = await this.registry.releases.open(wanted);
      return deploymentObject(deployment, id);
    }
    if (typeof policy === 'string') {
      const text = 'policy goes with the strategy "release"; a version that is promoted at once is not judged.';
      throw new CodedError('invalid_value', text, { param: 'policy' });
    }
    // A version that does not load here would load nowhere: refuse it before anything is changed.
    await this.host.load(version);
    return this.#present(await this.registry.promote({ deployment: name, versionId: version, ...by }));
  }

  @Post(':name/rollback')
  @HttpCode(200)
  @IdempotentWrite()
  @ApiOperation({ summary: 'Go back to the previous version, or to an earlier one' })
  @Answers(DEPLOYMENT)
  async rollback(
    @Param('name') name: string,
    @Body() { to, reason }: RollbackDto,
    @CurrentActor() actor: RequestActor,
  ): Promise<object> {
    const change = { deployment: name, to: to ?? null, reason: reason ?? null, ...actor };
    return this.#present(await this.registry.rollback(change));
  }

  @Post(':name/pin')
  @HttpCode(200)
  @IdempotentWrite()
  @ApiOperation({ summary: 'Let nothing but a person change what serves' })
  @Answers(DEPLOYMENT)
  async pin(
    @Param('name') name: string,
    @Body() { reason }: ReasonDto,
    @CurrentActor() actor: RequestActor,
  ): Promise<object> {
    return this.#present(await this.registry.releases.pin(name, { ...actor, reason: reason ?? null }));
  }

  @Post(':name/unpin')
  @HttpCode(200)
  @IdempotentWrite()
  @ApiOperation({ summary: 'Let releases change what serves again' })
  @Answers(DEPLOYMENT)
  async unpin(
    @Param('name') name: string,
    @Body() { reason }: ReasonDto,
    @CurrentActor() actor: RequestActor,
  ): Promise<object> {
    return this.#present(await this.registry.releases.unpin(name, { ...actor, reason: reason ?? null }));
  }

  async #present(deployment: Deployment): Promise<object> {
    const release = await this.registry.releases.findOpen(deployment.name);
    return deploymentObject(deployment, release?.id ?? null);
  }
}

function readTime(text: string): Date {
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text) ? new Date(text) : new Date(NaN);
  if (!Number.isNaN(time.getTime())) return time;
  const shown = JSON.stringify(text.slice(0, 60));
  throw new CodedError('invalid_value', `at must be a time such as 2026-11-22T17:00:00Z; got ${shown}.`, {
    param: 'at',
  });
}
