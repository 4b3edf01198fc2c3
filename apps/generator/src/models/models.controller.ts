import { Controller, Get, Param } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequireScope } from '#observability';
import { ListModels, type ModelObject } from './list-models.js';

/** `GET /v1/models`: every name that a request may use as `model`. */
@ApiTags('Models')
@RequireScope('completions')
@Controller('v1/models')
export class ModelsController {
  constructor(private readonly models: ListModels) {}

  @Get()
  @ApiOperation({ summary: 'List deployments, aliases, presets and versions' })
  async list(): Promise<{ object: 'list'; data: readonly ModelObject[] }> {
    return { object: 'list', data: await this.models.all() };
  }

  @Get(':id')
  @ApiOperation({ summary: 'Look up one name' })
  read(@Param('id') id: string): Promise<ModelObject> {
    return this.models.one(id);
  }
}
