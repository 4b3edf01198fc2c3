import { Controller, Get, Param } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequireScope } from '#observability';
import { ListModels, type ModelObject } from './list-models.js';
import { ModelCards, type ModelCard } from './model-card.js';

/** `GET /v1/models`: every name that a request may use as `model`. */
@ApiTags('Models')
@RequireScope('completions')
@Controller('v1/models')
export class ModelsController {
  constructor(
    private readonly models: ListModels,
    private readonly cards: ModelCards,
  ) {}

  @Get()
  @ApiOperation({ summary: 'List deployments, aliases, presets and versions' })
  async list(): Promise<{ object: 'list'; data: readonly ModelObject[] }> {
    return { object: 'list', data: await this.models.all() };
  }

  @Get(':id')
  @ApiOperation({ summary: 'Look up one name: its version, and what is known of that model' })
  read(@Param('id') id: string): Promise<ModelCard> {
    return this.cards.read(id);
  }
}
