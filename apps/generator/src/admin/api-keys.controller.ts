import { Body, Controller, Delete, Get, Param, Post, Query, Req } from '@nestjs/common';
import { ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  ArrayUnique,
  IsArray,
  IsIn,
  IsNotEmpty,
  IsString,
  MaxLength,
} from 'class-validator';
import type { FastifyRequest } from 'fastify';
import { CurrentApiKey, RequireScope, type ApiKeyIdentity } from '#observability';
import { Registry, type ApiKey, type ApiScope } from '#registry';
import { unixSeconds } from '../unix-seconds.js';
import { actorOf } from './deployments.controller.js';
import { listObject, PageQueryDto, pageRequest, type ListObject } from './page-query.dto.js';

const SCOPES: readonly ApiScope[] = ['completions', 'training', 'admin'];
const MAX_NAME = 100;

class NewApiKeyDto {
  @ApiProperty({ maxLength: MAX_NAME, description: 'What people call it.' })
  @MaxLength(MAX_NAME)
  @IsNotEmpty()
  @IsString()
  name!: string;

  @ApiProperty({ enum: SCOPES, isArray: true })
  @ArrayUnique()
  @ArrayNotEmpty()
  @ArrayMaxSize(SCOPES.length)
  @IsIn(SCOPES, { each: true, message: `scopes must be an array of: ${SCOPES.join(', ')}` })
  @IsArray()
  scopes!: ApiScope[];
}

/** Keys that callers show. */
@ApiTags('Administration')
@RequireScope('admin')
@Controller('v1/admin/api-keys')
export class ApiKeysController {
  constructor(private readonly registry: Registry) {}

  @Post()
  @ApiOperation({ summary: 'Make a key; the answer is the only time that it is shown' })
  async create(
    @Body() { name, scopes }: NewApiKeyDto,
    @CurrentApiKey() owner: ApiKeyIdentity,
    @Req() { id: requestId }: FastifyRequest,
  ): Promise<object> {
    const { id, key } = await this.registry.createApiKey({ name, scopes, actor: actorOf(owner), requestId });
    return { object: 'api_key', id, name, scopes, key };
  }

  @Get()
  @ApiOperation({ summary: 'List keys, without their secrets' })
  async list(@Query() query: PageQueryDto): Promise<ListObject<object>> {
    return listObject(await this.registry.listApiKeys(pageRequest(query)), keyObject);
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
  };
}
