import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { IsOptional, IsString } from 'class-validator';
import { RequireScope } from '#observability';
import { Registry } from '#registry';
import { unixSeconds } from '../unix-seconds.js';
import { listObject, PageQueryDto, pageRequest, type ListObject } from './page-query.dto.js';

class AuditQueryDto extends PageQueryDto {
  @ApiPropertyOptional({ description: 'Only entries about this object.' })
  @IsOptional()
  @IsString()
  subject?: string;
}

/** Who changed what, when and why. */
@ApiTags('Administration')
@RequireScope('admin')
@Controller('v1/admin/audit')
export class AuditController {
  constructor(private readonly registry: Registry) {}

  @Get()
  @ApiOperation({ summary: 'List changes, the newest first' })
  async list(@Query() query: AuditQueryDto): Promise<ListObject<object>> {
    return listObject(await this.registry.listAudit({ ...pageRequest(query), subject: query.subject }), auditObject);
  }
}

type AuditEntry = Awaited<ReturnType<Registry['listAudit']>>['items'][number];

function auditObject(entry: AuditEntry): object {
  return {
    object: 'audit_entry',
    id: entry.id,
    at: unixSeconds(entry.at),
    actor: entry.actor,
    action: entry.action,
    subject: entry.subject,
    reason: entry.reason,
    request_id: entry.requestId,
    data: entry.data,
  };
}
