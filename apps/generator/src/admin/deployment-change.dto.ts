import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsNotEmpty, IsOptional, IsString } from 'class-validator';
import { PageQueryDto } from './page-query.dto.js';
import { ReasonDto } from './release.dto.js';

const STRATEGIES = ['now', 'release'] as const;
const SOURCES = ['audit', 'release', 'serving'] as const;

/** Body of a promotion. */
export class PromoteDto extends ReasonDto {
  @ApiProperty({
    description: 'The model version that shall serve.',
    example: 'ft:small:understudy:a1b2c3d4',
  })
  @IsNotEmpty()
  @IsString()
  version!: string;

  @ApiPropertyOptional({
    type: String,
    enum: STRATEGIES,
    nullable: true,
    default: 'now',
    description: 'now: every replica follows within a second. release: step by step, as long as it is not worse.',
  })
  @IsOptional()
  @IsIn(STRATEGIES, { message: `strategy must be one of ${STRATEGIES.join(', ')}` })
  strategy?: (typeof STRATEGIES)[number] | null;

  @ApiPropertyOptional({ type: String, nullable: true, default: 'default', description: 'The policy of the release.' })
  @IsOptional()
  @IsNotEmpty()
  @IsString()
  policy?: string | null;
}

/** Body of a rollback. */
export class RollbackDto extends ReasonDto {
  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'The version to go back to; the previous one when left out.',
  })
  @IsOptional()
  @IsNotEmpty()
  @IsString()
  to?: string | null;
}

/** Which part of a history is wanted. */
export class TimelineQueryDto extends PageQueryDto {
  @ApiPropertyOptional({
    enum: SOURCES,
    description: 'Only what people and services did, what was decided in releases, or what served.',
  })
  @IsOptional()
  @IsIn(SOURCES)
  source?: (typeof SOURCES)[number];
}

/** Which time is asked about. */
export class ServingQueryDto {
  @ApiPropertyOptional({ format: 'date-time', description: 'Now when left out.', example: '2026-11-22T17:00:00Z' })
  @IsOptional()
  @IsString()
  at?: string;
}
