import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequireScope } from '#observability';
import { Registry, type Deployment } from '#registry';
import { ModelHost } from '../models/model-host.js';
import { unixSeconds } from '../unix-seconds.js';
import { about, Answers, FIELD, nullable, objectSchema } from './admin-docs.js';
import { CurrentActor, type RequestActor } from './current-actor.js';
import { PromoteDto, RollbackDto } from './deployment-change.dto.js';
import { IdempotentWrite } from './idempotency/idempotent-write.js';

const DEPLOYMENT = objectSchema('deployment', {
  name: FIELD.text,
  incumbent: nullable(about(FIELD.text, 'The version that serves.')),
  previous: nullable(about(FIELD.text, 'The version that a rollback goes back to.')),
  revision: about(FIELD.count, 'Counts its changes.'),
  updated_at: FIELD.time,
});

interface DeploymentObject {
  readonly object: 'deployment';
  readonly name: string;
  readonly incumbent: string | null;
  readonly previous: string | null;
  readonly revision: number;
  readonly updated_at: number;
}

/** Which version serves a deployment, and changing it. */
@ApiTags('Administration')
@RequireScope('admin')
@Controller('v1/admin/deployments')
export class DeploymentsController {
  constructor(
    private readonly registry: Registry,
    private readonly host: ModelHost,
  ) {}

  @Get(':name')
  @ApiOperation({ summary: 'Which version serves, and which one a rollback goes back to' })
  @Answers(DEPLOYMENT)
  async read(@Param('name') name: string): Promise<DeploymentObject> {
    return deploymentObject(await this.registry.getDeployment(name));
  }

  @Post(':name/promote')
  @HttpCode(200)
  @IdempotentWrite()
  @ApiOperation({ summary: 'Let a version serve; every replica follows within a second' })
  @Answers(DEPLOYMENT)
  async promote(
    @Param('name') name: string,
    @Body() { version, reason }: PromoteDto,
    @CurrentActor() actor: RequestActor,
  ): Promise<DeploymentObject> {
    await this.registry.getDeployment(name);
    // A version that does not load here would load nowhere: refuse it before anything is changed.
    await this.host.load(version);
    const change = { deployment: name, versionId: version, reason: reason ?? null, ...actor };
    return deploymentObject(await this.registry.promote(change));
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
  ): Promise<DeploymentObject> {
    const change = { deployment: name, to: to ?? null, reason: reason ?? null, ...actor };
    return deploymentObject(await this.registry.rollback(change));
  }
}

function deploymentObject(deployment: Deployment): DeploymentObject {
  return {
    object: 'deployment',
    name: deployment.name,
    incumbent: deployment.incumbentVersionId,
    previous: deployment.previousVersionId,
    revision: deployment.revision,
    updated_at: unixSeconds(deployment.updatedAt),
  };
}
