import { Controller, Delete, Get, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString } from 'class-validator';
import { RequireScope } from '#observability';
import { MODEL_VERSION_TRANSITIONS, Registry, type ModelVersion, type ModelVersionState } from '#registry';
import { unixSeconds } from '../unix-seconds.js';
import {
  about,
  Answers,
  AnswersList,
  arrayOf,
  deletedSchema,
  FIELD,
  fieldsSchema,
  nullable,
  objectSchema,
  oneOf,
} from './admin-docs.js';
import { CurrentActor, type RequestActor } from './current-actor.js';
import { IdempotentWrite } from './idempotency/idempotent-write.js';
import { LINEAGE, lineageObject, useObject, VERSION_USE } from './lineage-object.js';
import { listObject, PageQueryDto, pageRequest, type ListObject } from './page-query.dto.js';
import { periodObject, SERVING_PERIOD } from './release-object.js';

const STATES = Object.keys(MODEL_VERSION_TRANSITIONS);
const MAX_PERIODS = 100;

class VersionsQueryDto extends PageQueryDto {
  @ApiPropertyOptional({ description: 'Only versions of this preset.' })
  @IsOptional()
  @IsString()
  preset?: string;

  @ApiPropertyOptional({ enum: STATES, description: 'Only versions in this state.' })
  @IsOptional()
  @IsIn(STATES)
  state?: ModelVersionState;
}

const VERSION_FIELDS = {
  id: FIELD.text,
  preset: FIELD.text,
  number: about(FIELD.count, 'Counts the versions of a preset, from 1.'),
  state: oneOf(STATES),
  training_run: nullable(about(FIELD.text, 'The job that made it; null when it was imported.')),
  imported_from: nullable(FIELD.anything),
  base_version: nullable(about(FIELD.text, 'The version that it was continued from.')),
  base_checkpoint: nullable(FIELD.text),
  bundle_sha256: FIELD.text,
  data_sha256: nullable(about(FIELD.text, 'Of the text that it was trained on.')),
  code_version: FIELD.text,
  hyperparameters: FIELD.anything,
  seed: FIELD.count,
  parameters: FIELD.count,
  trained_tokens: FIELD.count,
  metrics: FIELD.anything,
  created_at: FIELD.time,
  deleted_at: nullable(FIELD.time),
};

const MODEL_VERSION = objectSchema('model_version', VERSION_FIELDS);

const DESCRIBED_VERSION = objectSchema('model_version', {
  ...VERSION_FIELDS,
  served: about(arrayOf(SERVING_PERIOD), `When and where it served, the newest first; at most ${MAX_PERIODS}.`),
  used_by: about(VERSION_USE, 'While any of these is there, it cannot be deleted.'),
  quarantine: nullable(
    about(
      fieldsSchema({ until: FIELD.time, count: FIELD.count, reason: FIELD.text }),
      'Until when it is released by no release, since one has rolled it back.',
    ),
  ),
});

/** Every model that was trained, with what it was made from and what was measured. */
@ApiTags('Administration')
@RequireScope('admin')
@Controller('v1/admin/model-versions')
export class ModelVersionsController {
  constructor(private readonly registry: Registry) {}

  @Get()
  @ApiOperation({ summary: 'List model versions, the newest first' })
  @AnswersList(MODEL_VERSION)
  async list(@Query() query: VersionsQueryDto): Promise<ListObject<object>> {
    const page = await this.registry.listModelVersions({
      ...pageRequest(query),
      preset: query.preset,
      state: query.state,
    });
    return listObject(page, versionObject);
  }

  @Get(':id')
  @ApiOperation({ summary: 'One model version, also one that was deleted' })
  @Answers(DESCRIBED_VERSION)
  async read(@Param('id') id: string): Promise<object> {
    const version = await this.registry.getRecordedVersion(id);
    const served = await this.registry.releases.listServingPeriods(id, MAX_PERIODS);
    const quarantine = await this.registry.releases.findQuarantine(id);
    const use = await this.registry.lineages.findUse(id);
    return {
      ...versionObject(version),
      served: served.map(periodObject),
      used_by: useObject(use),
      quarantine: quarantine && {
        until: unixSeconds(quarantine.until),
        count: quarantine.count,
        reason: quarantine.reason,
      },
    };
  }

  @Get(':id/lineage')
  @ApiOperation({
    summary: 'What a version came from and what came of it: texts, jobs, versions, releases, deployments',
  })
  @Answers(LINEAGE)
  async lineage(@Param('id') id: string): Promise<object> {
    return lineageObject(id, await this.registry.lineages.read(id));
  }

  @Delete(':id')
  @IdempotentWrite()
  @ApiOperation({ summary: 'Give the bytes of a version up that nothing serves, goes back to or continues from' })
  @Answers(deletedSchema('model_version'))
  async delete(@Param('id') id: string, @CurrentActor() actor: RequestActor): Promise<object> {
    await this.registry.deleteModelVersion(id, actor);
    return { object: 'model_version', id, deleted: true };
  }
}

function versionObject(version: ModelVersion): object {
  return {
    object: 'model_version',
    id: version.id,
    preset: version.preset,
    number: version.number,
    state: version.state,
    training_run: version.trainingRunId,
    imported_from: version.importedFrom,
    base_version: version.baseVersionId,
    base_checkpoint: version.baseCheckpointId,
    bundle_sha256: version.bundleSha256,
    data_sha256: version.dataSha256,
    code_version: version.codeVersion,
    hyperparameters: version.hyperparameters,
    seed: version.seed,
    parameters: version.parameters,
    trained_tokens: version.trainedTokens,
    metrics: version.metrics,
    created_at: unixSeconds(version.createdAt),
    deleted_at: version.deletedAt === null ? null : unixSeconds(version.deletedAt),
  };
}
