import { ApiProperty } from '@nestjs/swagger';
import { IsBoolean } from 'class-validator';

/** What a reader thinks of a completion. */
export class FeedbackDto {
  @ApiProperty({ description: 'Whether the completion was of use.' })
  @IsBoolean({ message: 'accepted must be true or false.' })
  accepted!: boolean;
}
