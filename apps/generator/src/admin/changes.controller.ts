import { Controller, Get, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { RequireScope } from '#observability';
import { beginEventStream } from '../completions/begin-event-stream.js';
import { AnswersEvents } from './admin-docs.js';
import { ChangeFeed } from './change-feed.js';

/** What changes, as it changes. */
@ApiTags('Administration')
@RequireScope('admin')
@Controller('v1/admin/changes')
export class ChangesController {
  constructor(private readonly feed: ChangeFeed) {}

  @Get()
  @ApiOperation({
    summary:
      'Follow changes of deployments, releases, runs, replicas, experiments, files and versions, as server-sent events',
    description: 'What is new has to be asked for. A stream ends after 15 minutes: begin another one.',
  })
  @AnswersEvents(
    'Each event is named change, and its data is {"topic": "run", "id": "ftjob-..."}; an id that is null says that some changes of the topic may have been missed.',
  )
  async follow(@Res() reply: FastifyReply): Promise<void> {
    await this.feed.ensureListening();
    this.feed.follow(beginEventStream(reply));
  }
}
