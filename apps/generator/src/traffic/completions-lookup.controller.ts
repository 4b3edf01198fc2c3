import { Controller, Get, Param } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequireScope } from '#observability';
import type { CompletionRecord } from '#registry/traffic';
import { about, Answers, FIELD, nullable, objectSchema, oneOf } from '../admin/admin-docs.js';
import { unixSeconds } from '../unix-seconds.js';
import { FindCompletion } from './find-completion.js';

const COMPLETION_RECORD = objectSchema('completion_record', {
  id: about(FIELD.text, 'Of the completion.'),
  request: nullable(about(FIELD.text, 'Id of its request: the header x-request-id of the answer.')),
  at: FIELD.time,
  version: about(FIELD.text, 'The model version that wrote it.'),
  arm: about(oneOf(['incumbent', 'candidate', 'former', 'pinned']), 'pinned: the request named the version itself.'),
  release: nullable(about(FIELD.text, 'The release that it was part of.')),
  deployment: nullable(FIELD.text),
  model: nullable(about(FIELD.text, 'The model that the request named.')),
  replica: nullable(FIELD.text),
  key: nullable(about(FIELD.text, 'Id of the API key.')),
  outcome: nullable(oneOf(['completed', 'cancelled', 'failed'])),
  prompt_tokens: nullable(FIELD.count),
  completion_tokens: nullable(FIELD.count),
  total_ms: nullable(FIELD.number),
  others: about(FIELD.count, 'Further completions of requests with the same id, at most 9 are counted.'),
});

/** Which version wrote a completion. */
@ApiTags('Administration')
@RequireScope('admin')
@Controller('v1/admin/completions')
export class CompletionsLookupController {
  constructor(private readonly completions: FindCompletion) {}

  @Get(':id')
  @ApiOperation({
    summary: 'Which version wrote a completion, by its id or by that of its request',
    description:
      'On record for COMPLETION_RECORD_HOURS, without any text. What only the signed id of a completion tells has null for all else.',
  })
  @Answers(COMPLETION_RECORD)
  async read(@Param('id') id: string): Promise<object> {
    const { record, others } = await this.completions.find(id);
    return { ...recordObject(record), others };
  }
}

function recordObject(
  record: Partial<CompletionRecord> & Pick<CompletionRecord, 'id' | 'at' | 'versionId' | 'arm'>,
): object {
  return {
    object: 'completion_record',
    id: record.id,
    request: record.requestId ?? null,
    at: unixSeconds(record.at),
    version: record.versionId,
    arm: record.arm,
    release: record.releaseId ?? null,
    deployment: record.deployment ?? null,
    model: record.model ?? null,
    replica: record.replicaId ?? null,
    key: record.keyId ?? null,
    outcome: record.outcome ?? null,
    prompt_tokens: record.promptTokens ?? null,
    completion_tokens: record.completionTokens ?? null,
    total_ms: record.totalMs ?? null,
  };
}
