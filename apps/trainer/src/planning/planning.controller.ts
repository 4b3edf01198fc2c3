import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  PRESETS,
  architectureOf,
  countParameters,
  describeHyperparameters,
  resolveHyperparameters,
} from '#language-model';
import { RequireScope } from '#observability';
import type { Plain } from '../plain.js';
import { PlanBody, TrainingPlanObject, TrainingPresets } from './plan.dto.js';
import { PlanJob } from './plan-job.js';

const VOCABULARY_SIZE = 10_000;

/** What can be trained, and what it would take. An addition to OpenAI's API. */
@ApiTags('fine-tuning')
@Controller('v1/fine_tuning')
@RequireScope('training')
export class PlanningController {
  constructor(private readonly planJob: PlanJob) {}

  @Get('presets')
  @ApiOperation({ summary: 'The presets, and every hyper-parameter with its limits and its default' })
  @ApiOkResponse({ type: TrainingPresets })
  presets(): Plain<TrainingPresets> {
    return {
      object: 'fine_tuning.presets',
      presets: Object.entries(PRESETS).map(([id, { embeddingDim, lstmUnits }]) => ({
        id,
        embedding_dim: embeddingDim,
        lstm_units: lstmUnits,
        parameters: countParameters(architectureOf(resolveHyperparameters(id), VOCABULARY_SIZE)),
      })),
      hyperparameters: describeHyperparameters().map(({ name, kind, fallback, minimum, maximum, choices }) => ({
        name,
        kind,
        default: fallback,
        minimum,
        maximum,
        choices: [...choices],
      })),
    };
  }

  @Post('plan')
  @HttpCode(200)
  @ApiOperation({ summary: 'What a job would be: size, time, and what to think of before it is made' })
  @ApiOkResponse({ type: TrainingPlanObject })
  plan(@Body() body: PlanBody): Promise<Plain<TrainingPlanObject>> {
    return this.planJob.plan(body);
  }
}
