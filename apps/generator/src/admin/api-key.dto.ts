import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  ArrayUnique,
  IsArray,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsOptional,
  IsString,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import type { ApiKey, ApiScope } from '#registry';

const SCOPES: readonly ApiScope[] = ['completions', 'training', 'admin'];
const MAX_NAME = 100;
const LARGEST_LIMIT = 2 ** 31 - 1;

function Limit(what: string): PropertyDecorator {
  const docs = ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    maximum: LARGEST_LIMIT,
    nullable: true,
    description: `${what}, per replica; 0 sets no limit, null takes the default of the server.`,
  });
  return (target, property) => {
    for (const decorate of [docs, IsOptional(), IsInt(), Min(0), Max(LARGEST_LIMIT)]) decorate(target, property);
  };
}

/** Body of a change of a key: limits that are left out stay as they are. */
export class ApiKeyLimitsDto {
  @Limit('Completion requests per minute')
  requests_per_minute?: number | null;

  @Limit('Tokens per minute, of prompts and completions')
  tokens_per_minute?: number | null;

  @Limit('Completion requests under way at once')
  concurrent_requests?: number | null;
}

/** Body of a new key. */
export class NewApiKeyDto extends ApiKeyLimitsDto {
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

/** The limits that a body names. */
export function limitsOf(dto: ApiKeyLimitsDto): Partial<ApiKey['limits']> {
  return {
    ...(dto.requests_per_minute === undefined ? {} : { requestsPerMinute: dto.requests_per_minute }),
    ...(dto.tokens_per_minute === undefined ? {} : { tokensPerMinute: dto.tokens_per_minute }),
    ...(dto.concurrent_requests === undefined ? {} : { concurrentRequests: dto.concurrent_requests }),
  };
}
