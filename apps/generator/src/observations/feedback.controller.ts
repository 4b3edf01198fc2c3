import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequireScope } from '#observability';
import { FeedbackDto } from './feedback.dto.js';
import { GiveFeedback } from './give-feedback.js';

/** `POST /v1/completions/{id}/feedback`: an extension of the protocol. */
@ApiTags('Completions')
@RequireScope('completions')
@Controller('v1/completions')
export class FeedbackController {
  constructor(private readonly feedback: GiveFeedback) {}

  @Post(':id/feedback')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Say whether a completion was of use; while a release is open, that counts for or against it',
  })
  @ApiOkResponse({
    schema: {
      type: 'object',
      required: ['id', 'object', 'accepted', 'recorded'],
      properties: {
        id: { type: 'string' },
        object: { type: 'string', enum: ['completion.feedback'] },
        accepted: { type: 'boolean' },
        recorded: { type: 'boolean', description: 'Whether it has a bearing on a release that is open.' },
      },
    },
  })
  create(@Param('id') id: string, @Body() { accepted }: FeedbackDto): object {
    return { id, object: 'completion.feedback', accepted, recorded: this.feedback.give(id, accepted) };
  }
}
