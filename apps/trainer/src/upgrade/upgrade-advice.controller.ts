import { Controller, Get, Header, Headers, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { UpgradeReport } from '#language-model/upgrade';
import { RequireScope } from '#observability';
import { AdviseOnJob } from './advise-on-job.js';
import { AdviceQuery } from './report.dto.js';
import { ReportResponse } from './report-response.js';
import { sendReport } from './send-report.js';

/** `/v1/upgrade-advice`: the rules of an upgrade over a job that there is. */
@ApiTags('upgrades')
@Controller('v1/upgrade-advice')
@RequireScope('training')
export class UpgradeAdviceController {
  constructor(private readonly adviseOnJob: AdviseOnJob) {}

  @Get()
  @Header('vary', 'accept')
  @ApiOperation({
    summary:
      "Is a larger model worth training after this job? Measures the job's model at the first question, which takes as long as reading its file",
  })
  @ReportResponse()
  async advise(
    @Query() query: AdviceQuery,
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<UpgradeReport | string> {
    return sendReport(await this.adviseOnJob.advise(query), query.format, accept, reply);
  }
}
