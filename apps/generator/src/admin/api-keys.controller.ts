import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequireScope } from '#observability';
import { Registry } from '#registry';
import { Answers, AnswersList, deletedSchema } from './admin-docs.js';
import { API_KEY, keyObject, NEW_API_KEY } from './api-key-object.js';
import { ApiKeyLimitsDto, limitsOf, NewApiKeyDto } from './api-key.dto.js';
import { CurrentActor, type RequestActor } from './current-actor.js';
import { IdempotentWrite } from './idempotency/idempotent-write.js';
import { listObject, PageQueryDto, pageRequest, type ListObject } from './page-query.dto.js';

/** Keys that callers show. */
@ApiTags('Administration')
@RequireScope('admin')
@Controller('v1/admin/api-keys')
export class ApiKeysController {
  constructor(private readonly registry: Registry) {}

  @Post()
  @IdempotentWrite()
  @ApiOperation({ summary: 'Make a key; the answer is the only time that it is shown' })
  @Answers(NEW_API_KEY, 201)
  async create(@Body() body: NewApiKeyDto, @CurrentActor() actor: RequestActor): Promise<object> {
    const { name, scopes } = body;
    const { id, key } = await this.registry.createApiKey({ name, scopes, limits: limitsOf(body), ...actor });
    return { object: 'api_key', id, name, scopes, key };
  }

  @Get()
  @ApiOperation({ summary: 'List keys, without their secrets' })
  @AnswersList(API_KEY)
  async list(@Query() query: PageQueryDto): Promise<ListObject<object>> {
    return listObject(await this.registry.listApiKeys(pageRequest(query)), keyObject);
  }

  @Post(':id')
  @HttpCode(200)
  @IdempotentWrite()
  @ApiOperation({ summary: 'Set what a key may use; replicas follow within seconds' })
  @Answers(API_KEY)
  async change(
    @Param('id') id: string,
    @Body() body: ApiKeyLimitsDto,
    @CurrentActor() actor: RequestActor,
  ): Promise<object> {
    return keyObject(await this.registry.changeApiKey({ id, limits: limitsOf(body), ...actor }));
  }

  @Delete(':id')
  @IdempotentWrite()
  @ApiOperation({ summary: 'Revoke a key; it stops working within seconds' })
  @Answers(deletedSchema('api_key'))
  async revoke(@Param('id') id: string, @CurrentActor() actor: RequestActor): Promise<object> {
    await this.registry.revokeApiKey(id, actor);
    return { object: 'api_key', id, deleted: true };
  }
}
