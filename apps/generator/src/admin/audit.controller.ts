import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { IsOptional, IsString } from 'class-validator';
import { RequireScope } from '#observability';
import { Registry } from '#registry';
import { unixSeconds } from '../unix-seconds.js';
import { about, AnswersList, FIELD, nullable, objectSchema } from './admin-docs.js';
import { listObject, PageQueryDto, pageRequest, type ListObject } from './page-query.dto.js';

class AuditQueryDto extends PageQueryDto {
  @ApiPropertyOptional({ description: 'Only entries about this object.' })
  @IsOptional()
  @IsString()
  subject?: string;

  @ApiPropertyOptional({ description: 'Only what begins with this, such as deployment. or deployment.promote.' })
  @IsOptional()
  @IsString()
  action?: string;

  @ApiPropertyOptional({ description: 'Only what was done by somebody with these letters in the name.' })
  @IsOptional()
  @IsString()
  actor?: string;
}

const AUDIT_ENTRY = objectSchema('audit_entry', {
  id: FIELD.text,
  at: FIELD.time,
  actor: about(FIELD.text, 'Who: an API key by name and id, or a part of the system.'),
  action: about(FIELD.text, 'What was done, such as deployment.promote.'),
  subject: about(FIELD.text, 'What it was done to.'),
  reason: nullable(FIELD.text),
  request_id: nullable(FIELD.text),
  data: FIELD.anything,
});

/** Who changed what, when and why. */
@ApiTags('Administration')
@RequireScope('admin')
@Controller('v1/admin/audit')
export class AuditController {
  constructor(private readonly registry: Registry) {}

  @Get()
  @ApiOperation({ summary: 'List changes, the newest first' })
  @AnswersList(AUDIT_ENTRY)
  async list(@Query() query: AuditQueryDto): Promise<ListObject<object>> {
    const { subject, action, actor } = query;
    const page = await this.registry.listAudit({ ...pageRequest(query), subject, action, actor });
    return listObject(page, auditObject);
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
