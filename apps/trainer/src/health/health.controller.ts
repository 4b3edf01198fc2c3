import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { CodedError } from '#errors';
import { TrainingQueue } from '#jobs';
import { Public } from '#observability';
import { Registry } from '#registry';

/** Whether the process lives, and whether it can work. */
@ApiTags('health')
@Controller('health')
@Public()
export class HealthController {
  constructor(
    private readonly registry: Registry,
    private readonly queue: TrainingQueue,
  ) {}

  @Get('live')
  @ApiOperation({ summary: 'The process answers' })
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  @Get('ready')
  @ApiOperation({ summary: 'Database and queue can be reached' })
  async ready(): Promise<{ status: 'ok'; queue: { waiting: number; active: number } }> {
    try {
      await this.registry.listTrainingRuns({ limit: 1 });
      return { status: 'ok', queue: await this.queue.counts() };
    } catch (error) {
      throw new CodedError(
        'database_unavailable',
        'The database, or the queue in it, cannot be reached at the moment.',
        { cause: error, retryAfterMs: 2000 },
      );
    }
  }
}
