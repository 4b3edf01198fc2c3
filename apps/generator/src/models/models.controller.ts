import { Controller, Get, Param } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequireScope } from '#observability';
import { about, Answers, arrayOf, FIELD, fieldsSchema, objectSchema, oneOf } from '../admin/admin-docs.js';
import { ListModels, type ModelObject } from './list-models.js';
import { ModelCards, type ModelCard } from './model-card.js';

const MODEL = objectSchema('model', {
  id: about(FIELD.text, 'What a request may name as its model.'),
  created: FIELD.time,
  owned_by: FIELD.text,
  version: about(FIELD.text, 'The version that such a request gets.'),
});

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
  @Answers(fieldsSchema({ object: oneOf(['list']), data: arrayOf(MODEL) }))
  async list(): Promise<{ object: 'list'; data: readonly ModelObject[] }> {
    return { object: 'list', data: await this.models.all() };
  }

  @Get(':id')
  @ApiOperation({ summary: 'Look up one name: its version, and what is known of that model' })
  read(@Param('id') id: string): Promise<ModelCard> {
    return this.cards.read(id);
  }
}
