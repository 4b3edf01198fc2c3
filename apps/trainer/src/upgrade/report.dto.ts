import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString } from 'class-validator';
import { PRESETS } from '#language-model';
import { POLICIES } from './create-experiment.dto.js';

const FORMATS = ['json', 'markdown'] as const;
const PRESET_NAMES = Object.keys(PRESETS);

/** Query of a report. */
export class ReportQuery {
  @ApiPropertyOptional({ enum: FORMATS, description: 'Left out: as the header Accept says; JSON by default.' })
  @IsOptional()
  @IsIn(FORMATS, { message: `format must be one of ${FORMATS.join(', ')}` })
  format?: (typeof FORMATS)[number];
}

/** Query of `GET /v1/upgrade-advice`. */
export class AdviceQuery extends ReportQuery {
  @ApiProperty({ description: 'A job that has succeeded.' })
  @IsString()
  job!: string;

  @ApiPropertyOptional({ enum: POLICIES, default: 'measured' })
  @IsOptional()
  @IsIn(POLICIES, { message: `policy must be one of the rule sets ${POLICIES.join(', ')}` })
  policy?: (typeof POLICIES)[number];

  @ApiPropertyOptional({ enum: PRESET_NAMES, default: 'medium', description: 'Preset of the larger model.' })
  @IsOptional()
  @IsIn(PRESET_NAMES, { message: `to must be one of the presets ${PRESET_NAMES.join(', ')}` })
  to?: string;
}
