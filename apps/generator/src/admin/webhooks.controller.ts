import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Config } from '#config';
import { RequireScope } from '#observability';
import { Registry } from '#registry';
import { CONFIG } from '../generator-tokens.js';
import { refusePrivateUrl } from '../webhooks/address-rule.js';
import { Answers, AnswersList, deletedSchema } from './admin-docs.js';
import { CurrentActor, type RequestActor } from './current-actor.js';
import { IdempotentWrite } from './idempotency/idempotent-write.js';
import { listObject, PageQueryDto, pageRequest, type ListObject } from './page-query.dto.js';
import { DAY_SECONDS, DeliveriesQueryDto, NewWebhookDto, RotateSecretDto } from './webhook.dto.js';
import { deliveryObject, NEW_WEBHOOK, WEBHOOK, WEBHOOK_DELIVERY, webhookObject } from './webhook-object.js';

/** Who is told of releases. */
@ApiTags('Administration')
@RequireScope('admin')
@Controller('v1/admin')
export class WebhooksController {
  constructor(
    private readonly registry: Registry,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Post('webhooks')
  @IdempotentWrite()
  @ApiOperation({ summary: 'Have events posted to an address; the answer is the only time that the secret is shown' })
  @Answers(NEW_WEBHOOK, 201)
  async create(
    @Body() { url, events, description }: NewWebhookDto,
    @CurrentActor() actor: RequestActor,
  ): Promise<object> {
    if (!this.config.webhookPrivateAddresses) await refusePrivateUrl(url);
    const { webhook, secret } = await this.registry.webhooks.create({
      url,
      events: events ?? null,
      description: description ?? null,
      ...actor,
    });
    return { ...webhookObject(webhook), secret };
  }

  @Get('webhooks')
  @ApiOperation({ summary: 'List webhooks, without their secrets' })
  @AnswersList(WEBHOOK)
  async list(@Query() query: PageQueryDto): Promise<ListObject<object>> {
    return listObject(await this.registry.webhooks.list(pageRequest(query)), webhookObject);
  }

  @Get('webhooks/:id')
  @ApiOperation({ summary: 'One webhook, without its secret' })
  @Answers(WEBHOOK)
  async read(@Param('id') id: string): Promise<object> {
    return webhookObject(await this.registry.webhooks.get(id));
  }

  @Delete('webhooks/:id')
  @IdempotentWrite()
  @ApiOperation({ summary: 'Send an address nothing more, not even what waits' })
  @Answers(deletedSchema('webhook'))
  async delete(@Param('id') id: string, @CurrentActor() actor: RequestActor): Promise<object> {
    await this.registry.webhooks.delete(id, actor);
    return { object: 'webhook', id, deleted: true };
  }

  @Post('webhooks/:id/rotate-secret')
  @HttpCode(200)
  @IdempotentWrite()
  @ApiOperation({ summary: 'Give a webhook another secret; for a while events are signed with the one before, too' })
  @Answers(NEW_WEBHOOK)
  async rotateSecret(
    @Param('id') id: string,
    @Body() { overlap_seconds: overlapSeconds }: RotateSecretDto,
    @CurrentActor() actor: RequestActor,
  ): Promise<object> {
    const { webhook, secret } = await this.registry.webhooks.rotateSecret(id, overlapSeconds ?? DAY_SECONDS, actor);
    return { ...webhookObject(webhook), secret };
  }

  @Post('webhooks/:id/test')
  @HttpCode(200)
  @IdempotentWrite()
  @ApiOperation({ summary: 'Send an event of the type webhook.test' })
  @Answers(WEBHOOK_DELIVERY)
  async test(@Param('id') id: string, @CurrentActor() actor: RequestActor): Promise<object> {
    return deliveryObject(await this.registry.webhooks.sendTest(id, actor));
  }

  @Get('webhook-deliveries')
  @ApiOperation({ summary: 'What was sent, waits or, with state=dead, is tried no more; the newest first' })
  @AnswersList(WEBHOOK_DELIVERY)
  async deliveries(@Query() query: DeliveriesQueryDto): Promise<ListObject<object>> {
    const { state, webhook: webhookId } = query;
    const page = await this.registry.webhooks.listDeliveries({ ...pageRequest(query), state, webhookId });
    return listObject(page, deliveryObject);
  }

  @Post('webhook-deliveries/:id/redeliver')
  @HttpCode(200)
  @IdempotentWrite()
  @ApiOperation({ summary: 'Try a dead delivery again, from the first attempt on' })
  @Answers(WEBHOOK_DELIVERY)
  async redeliver(@Param('id') id: string, @CurrentActor() actor: RequestActor): Promise<object> {
    return deliveryObject(await this.registry.webhooks.redeliver(id, actor));
  }
}
