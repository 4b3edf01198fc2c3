import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsNotEmpty, IsOptional, IsString, MaxLength } from 'class-validator';

const MAX_REASON = 500;

/** Body of a promotion. */
export class PromoteDto {
  @ApiProperty({
    description: 'The model version that shall serve from now on.',
    example: 'ft:small:understudy:a1b2c3d4',
  })
  @IsNotEmpty()
  @IsString()
  version!: string;

  @ApiPropertyOptional({ enum: ['now'], default: 'now' })
  @IsOptional()
  @IsIn(['now'], {
    message: 'strategy must be "now": releases in steps are not supported yet',
    context: { code: 'unsupported_parameter' },
  })
  strategy?: 'now' | null;

  @ApiPropertyOptional({ maxLength: MAX_REASON, description: 'Why, for the audit.' })
  @IsOptional()
  @MaxLength(MAX_REASON)
  @IsString()
  reason?: string | null;
}

/** Body of a rollback. */
export class RollbackDto {
  @ApiPropertyOptional({ description: 'The version to go back to; the previous one when left out.' })
  @IsOptional()
  @IsNotEmpty()
  @IsString()
  to?: string | null;

  @ApiPropertyOptional({ maxLength: MAX_REASON, description: 'Why, for the audit.' })
  @IsOptional()
  @MaxLength(MAX_REASON)
  @IsString()
  reason?: string | null;
}
