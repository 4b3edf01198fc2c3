import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsIn, IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import type { Release } from '#registry/releases';
import { PageQueryDto } from './page-query.dto.js';

const STATES: readonly Release['state'][] = [
  'shadow',
  'canary',
  'watched',
  'held',
  'completed',
  'rolled_back',
  'superseded',
  'aborted',
];

const MAX_REASON = 500;

/** Body of a change that a person may explain. */
export class ReasonDto {
  @ApiPropertyOptional({ type: String, nullable: true, maxLength: MAX_REASON, description: 'Why, for the audit.' })
  @IsOptional()
  @MaxLength(MAX_REASON)
  @IsString()
  reason?: string | null;
}

const MOST_POINTS = 500;
/** How many points of a history are given when nobody says. */
export const DEFAULT_POINTS = 200;

/** How much of a history is wanted. */
export class SeriesQueryDto {
  @ApiPropertyOptional({ type: 'integer', minimum: 2, maximum: MOST_POINTS, default: DEFAULT_POINTS })
  // As text it would be refused; what is no plain number stays text.
  @Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value,
  )
  @IsOptional()
  @Min(2)
  @Max(MOST_POINTS)
  @IsInt({ message: `points must be an integer between 2 and ${MOST_POINTS}` })
  points?: number;
}

/** Which releases are wanted. */
export class ReleasesQueryDto extends PageQueryDto {
  @ApiPropertyOptional({ description: 'Only those of this deployment.' })
  @IsOptional()
  @IsString()
  deployment?: string;

  @ApiPropertyOptional({ enum: STATES, description: 'Only those in this state.' })
  @IsOptional()
  @IsIn(STATES)
  state?: Release['state'];

  @ApiPropertyOptional({ description: 'Only those that compare this version, as candidate or as incumbent.' })
  @IsOptional()
  @IsString()
  version?: string;
}
