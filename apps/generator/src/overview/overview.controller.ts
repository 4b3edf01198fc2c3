import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequireScope } from '#observability';
import { Answers } from '../admin/admin-docs.js';
import { OVERVIEW, overviewObject } from './overview-object.js';
import { ReadOverview } from './read-overview.js';

/** How everything is, on one page. */
@ApiTags('Administration')
@RequireScope('admin')
@Controller('v1/admin/overview')
export class OverviewController {
  constructor(private readonly overview: ReadOverview) {}

  @Get()
  @ApiOperation({
    summary: 'What serves, how replicas, trainer, queue and database are, and the traffic of the last hour',
    description: 'At most a second old; what replicas answered is at most five seconds late.',
  })
  @Answers(OVERVIEW)
  async read(): Promise<object> {
    return overviewObject(await this.overview.read());
  }
}
