import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString } from 'class-validator';
import { RequireScope } from '#observability';
import { MODEL_VERSION_TRANSITIONS, Registry, type ModelVersion, type ModelVersionState } from '#registry';
import { unixSeconds } from '../unix-seconds.js';
import { listObject, PageQueryDto, pageRequest, type ListObject } from './page-query.dto.js';

const STATES = Object.keys(MODEL_VERSION_TRANSITIONS);

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

/** Every model that was trained, with what it was made from and what was measured. */
@ApiTags('Administration')
@RequireScope('admin')
@Controller('v1/admin/model-versions')
export class ModelVersionsController {
  constructor(private readonly registry: Registry) {}

  @Get()
  @ApiOperation({ summary: 'List model versions' })
  async list(@Query() query: VersionsQueryDto): Promise<ListObject<object>> {
    const page = await this.registry.listModelVersions({
      ...pageRequest(query),
      preset: query.preset,
      state: query.state,
    });
    return listObject(page, versionObject);
  }

  @Get(':id')
  @ApiOperation({ summary: 'One model version with its lineage' })
  async read(@Param('id') id: string): Promise<object> {
    return versionObject(await this.registry.getModelVersion(id));
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
  };
}
