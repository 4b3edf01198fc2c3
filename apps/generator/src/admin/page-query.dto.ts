import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsInt, IsOptional, IsString, Max, Min } from 'class-validator';
import { CodedError } from '#errors';
import type { Page, PageRequest } from '#registry';

/** Which part of a list is wanted. */
export class PageQueryDto {
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 100, default: 20 })
  // A query string holds text only; what is not a plain number stays text and is refused.
  @Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value,
  )
  @IsOptional()
  @Min(1)
  @Max(100)
  @IsInt({ message: 'limit must be an integer between 1 and 100' })
  limit?: number;

  @ApiPropertyOptional({ description: 'The last id of the page before.' })
  @IsOptional()
  @IsString()
  after?: string;
}

/** A part of a list as the API answers it. */
export interface ListObject<T> {
  readonly object: 'list';
  readonly data: readonly T[];
  readonly has_more: boolean;
}

export function pageRequest({ limit, after }: PageQueryDto): PageRequest {
  return { limit, after };
}

/**
 * A part of a list that is short enough to be read as a whole.
 * @throws invalid_value when `after` names nothing
 */
export function pageOf<T>(
  items: readonly T[],
  { limit = 20, after }: PageQueryDto,
  idOf: (item: T) => string,
): Page<T> {
  const before = after === undefined ? -1 : items.findIndex((item) => idOf(item) === after);
  if (after !== undefined && before === -1) {
    const text = `after must name the last item of the page before; got ${JSON.stringify(after)}, which does not exist.`;
    throw new CodedError('invalid_value', text, { param: 'after' });
  }
  const rest = items.slice(before + 1);
  return { items: rest.slice(0, limit), hasMore: rest.length > limit };
}

export function listObject<T, U>(page: Page<T>, toObject: (item: T) => U): ListObject<U> {
  return { object: 'list', data: page.items.map(toObject), has_more: page.hasMore };
}
