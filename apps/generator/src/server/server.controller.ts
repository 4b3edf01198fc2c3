import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Config } from '#config';
import { RequireScope } from '#observability';
import { CODE_VERSION } from '../code-version.js';
import { Completer } from '../completions/completer.js';
import type { CompletionTask } from '../completions/completion-task.js';
import { CONFIG } from '../generator-tokens.js';
import { ModelHost } from '../models/model-host.js';

/** What this server can do, and what it is doing. No text is in either. */
@ApiTags('Server')
@RequireScope('completions')
@Controller()
export class ServerController {
  constructor(
    private readonly host: ModelHost,
    private readonly completer: Completer,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Get('props')
  @ApiOperation({ summary: 'Defaults and limits of completions on this server' })
  props(): object {
    const { config } = this;
    return {
      object: 'server',
      build_info: `understudy ${CODE_VERSION}`,
      deployment: config.deployment,
      model_version: this.host.incumbent?.version.id ?? null,
      loaded_versions: this.host.loadedIds,
      total_slots: config.maxBatchSize,
      limits: {
        body_bytes: config.maxBodyBytes,
        prompt_tokens: config.maxPromptTokens,
        completion_tokens: config.maxCompletionTokens,
        choices: config.maxChoices,
        queued_requests: config.maxQueuedRequests,
        queued_tokens: config.maxQueuedTokens,
      },
      default_generation_settings: { max_tokens: 16, n: 1, temperature: 1, top_p: 1, top_k: 0 },
      lenient: config.lenientRequests,
    };
  }

  @Get('slots')
  @ApiOperation({ summary: 'The completion requests that are decoded or wait, the oldest first' })
  slots(): readonly object[] {
    return [...this.completer.tasks].map((task) => slotObject(task));
  }
}

function slotObject(task: CompletionTask): object {
  const { request, context, measurement } = task;
  return {
    id: context.id,
    is_processing: task.hasBegun,
    model_version: context.loaded.version.id,
    arm: context.arm,
    stream: request.stream,
    prompts: request.prompts.length,
    choices: request.choiceCount,
    max_tokens: request.maxTokens,
    age_ms: Math.round(measurement.totalMs),
  };
}
