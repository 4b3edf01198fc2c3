import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, ApiProduces, getSchemaPath } from '@nestjs/swagger';
import { UpgradeReportObject } from './upgrade-report.dto.js';

/** Documents an answer that is a report: JSON, or Markdown where that was asked for. */
export function ReportResponse(): MethodDecorator {
  return applyDecorators(
    ApiExtraModels(UpgradeReportObject),
    ApiProduces('application/json', 'text/markdown'),
    ApiOkResponse({
      content: {
        'application/json': { schema: { $ref: getSchemaPath(UpgradeReportObject) } },
        'text/markdown': { schema: { type: 'string' } },
      },
    }),
  );
}
