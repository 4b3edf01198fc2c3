import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  ArrayNotEmpty,
  ArrayUnique,
  IsArray,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import type { Registry } from '#registry';
import { PageQueryDto } from './page-query.dto.js';

type NewWebhook = Parameters<Registry['webhooks']['create']>[0];
type WebhookEvent = NonNullable<NewWebhook['events']>[number];
type DeliveryState = NonNullable<NonNullable<Parameters<Registry['webhooks']['listDeliveries']>[0]>['state']>;

const MEANINGS: Readonly<Record<WebhookEvent, string>> = {
  'release.opened': 'a release has begun',
  'release.promoted': 'its candidate serves from now on',
  'release.rolled_back': 'its candidate was taken off',
  'release.held': 'it can neither go on nor back by itself',
  'guard.alarm': 'a person is needed',
};

/** What webhooks are told of. */
export const WEBHOOK_EVENTS = Object.keys(MEANINGS) as WebhookEvent[];

const STATES: readonly DeliveryState[] = ['pending', 'delivered', 'dead'];
const MAX_URL = 2048;
const MAX_DESCRIPTION = 200;

/** Body of a new webhook. */
export class NewWebhookDto {
  @ApiProperty({ format: 'uri', maxLength: MAX_URL, description: 'Where events are posted to: http or https.' })
  @MaxLength(MAX_URL)
  @IsString()
  url!: string;

  @ApiPropertyOptional({
    enum: WEBHOOK_EVENTS,
    isArray: true,
    description: `Left out: all. ${Object.entries(MEANINGS)
      .map(([event, meaning]) => `${event}: ${meaning}`)
      .join('; ')}.`,
  })
  @IsOptional()
  @ArrayUnique()
  @ArrayNotEmpty()
  @IsIn(WEBHOOK_EVENTS, { each: true, message: `events must be an array of: ${WEBHOOK_EVENTS.join(', ')}` })
  @IsArray()
  events?: WebhookEvent[];

  @ApiPropertyOptional({ maxLength: MAX_DESCRIPTION, description: 'What people call it.' })
  @IsOptional()
  @MaxLength(MAX_DESCRIPTION)
  @IsString()
  description?: string;
}

/** How long the secret before is used besides the new one when nobody says. */
export const DAY_SECONDS = 86_400;
const MOST_OVERLAP_SECONDS = 30 * DAY_SECONDS;

/** Body of a change of the secret. */
export class RotateSecretDto {
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    maximum: MOST_OVERLAP_SECONDS,
    default: DAY_SECONDS,
    description: 'For how many seconds events are signed with the secret before, too.',
  })
  @IsOptional()
  @Min(0)
  @Max(MOST_OVERLAP_SECONDS)
  @IsInt()
  overlap_seconds?: number;
}

/** Which deliveries are wanted. */
export class DeliveriesQueryDto extends PageQueryDto {
  @ApiPropertyOptional({ enum: STATES, description: 'dead: those that are tried no more.' })
  @IsOptional()
  @IsIn(STATES)
  state?: DeliveryState;

  @ApiPropertyOptional({ description: 'Only those of this webhook.' })
  @IsOptional()
  @IsString()
  webhook?: string;
}
