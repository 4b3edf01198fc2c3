import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, MaxLength } from 'class-validator';
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
