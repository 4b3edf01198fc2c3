import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { CurrentApiKey, RequireScope, type ApiKeyIdentity } from '#observability';
import { Registry, type ApiKey } from '#registry';
import { unixSeconds } from '../unix-seconds.js';
import { ApiKeyLimitsDto, limitsOf, NewApiKeyDto } from './api-key.dto.js';
import { actorOf } from './deployments.controller.js';
import { listObject, PageQueryDto, pageRequest, type ListObject } from './page-query.dto.js';

/** Keys that callers show. */
@ApiTags('Administration')
@RequireScope('admin')
@Controller('v1/admin/api-keys')
export class ApiKeysController {
  constructor(private readonly registry: Registry) {}

  @Post()
  @ApiOperation({ summary: 'Make a key; the answer is the only time that it is shown' })
  async create(
    @Body() body: NewApiKeyDto,
    @CurrentApiKey() owner: ApiKeyIdentity,
    @Req() { id: requestId }: FastifyRequest,
  ): Promise<object> {
    const { name, scopes } = body;
    const limits = limitsOf(body);
    const { id, key } = await this.registry.createApiKey({ name, scopes, limits, actor: actorOf(owner), requestId });
    return { object: 'api_key', id, name, scopes, key };
  }

  @Get()
  @ApiOperation({ summary: 'List keys, without their secrets' })
  async list(@Query() query: PageQueryDto): Promise<ListObject<object>> {
    return listObject(await this.registry.listApiKeys(pageRequest(query)), keyObject);
  }

  @Post(':id')
  @HttpCode(200)
  @ApiOperation({ summary: 'Set what a key may use; replicas follow within seconds' })
  async change(
    @Param('id') id: string,
    @Body() body: ApiKeyLimitsDto,
    @CurrentApiKey() owner: ApiKeyIdentity,
    @Req() { id: requestId }: FastifyRequest,
  ): Promise<object> {
    return keyObject(
      await this.registry.changeApiKey({ id, limits: limitsOf(body), actor: actorOf(owner), requestId }),
    );
  }

  @Delete(':id')
  @ApiOperation({ summary: 'Revoke a key; it stops working within seconds' })
  async revoke(@Param('id') id: string, @CurrentApiKey() owner: ApiKeyIdentity): Promise<object> {
    await this.registry.revokeApiKey(id, actorOf(owner));
    return { object: 'api_key', id, deleted: true };
  }
}

function keyObject(key: ApiKey): object {
  return {
    object: 'api_key',
    id: key.id,
    name: key.name,
    prefix: key.prefix,
    scopes: key.scopes,
    created_at: unixSeconds(key.createdAt),
    created_by: key.createdBy,
    last_used_at: key.lastUsedAt === null ? null : unixSeconds(key.lastUsedAt),
    revoked_at: key.revokedAt === null ? null : unixSeconds(key.revokedAt),
    requests_per_minute: key.limits.requestsPerMinute,
    tokens_per_minute: key.limits.tokensPerMinute,
    concurrent_requests: key.limits.concurrentRequests,
  };
}
