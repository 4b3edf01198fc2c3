import { Body, Controller, Get, HttpCode, Param, Post, Req } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { CurrentApiKey, RequireScope, type ApiKeyIdentity } from '#observability';
import { Registry, type Deployment } from '#registry';
import { ModelHost } from '../models/model-host.js';
import { unixSeconds } from '../unix-seconds.js';
import { PromoteDto, RollbackDto } from './deployment-change.dto.js';

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
  async read(@Param('name') name: string): Promise<DeploymentObject> {
    return deploymentObject(await this.registry.getDeployment(name));
  }

  @Post(':name/promote')
  @HttpCode(200)
  @ApiOperation({ summary: 'Let a version serve; every replica follows within a second' })
  async promote(
    @Param('name') name: string,
    @Body() { version, reason }: PromoteDto,
    @CurrentApiKey() owner: ApiKeyIdentity,
    @Req() { id }: FastifyRequest,
  ): Promise<DeploymentObject> {
    await this.registry.getDeployment(name);
    // A version that does not load here would load nowhere: refuse it before anything is changed.
    await this.host.load(version);
    const change = {
      deployment: name,
      versionId: version,
      actor: actorOf(owner),
      reason: reason ?? null,
      requestId: id,
    };
    return deploymentObject(await this.registry.promote(change));
  }

  @Post(':name/rollback')
  @HttpCode(200)
  @ApiOperation({ summary: 'Go back to the previous version, or to an earlier one' })
  async rollback(
    @Param('name') name: string,
    @Body() { to, reason }: RollbackDto,
    @CurrentApiKey() owner: ApiKeyIdentity,
    @Req() { id }: FastifyRequest,
  ): Promise<DeploymentObject> {
    const change = { deployment: name, to: to ?? null, actor: actorOf(owner), reason: reason ?? null, requestId: id };
    return deploymentObject(await this.registry.rollback(change));
  }
}

/** How the audit names who did something. */
export function actorOf({ id, name }: ApiKeyIdentity): string {
  return `${name} (${id})`;
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
