import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '#config';
import { CONFIG } from '../generator-tokens.js';
import { ModelHost } from '../models/model-host.js';
import { Admission } from './admission.js';
import { checkPromptLengths } from './check-prompt-lengths.js';
import { CompletionMetrics } from './completion-metrics.js';
import type { CompletionRequestDto } from './completion-request.dto.js';
import { CompletionTask } from './completion-task.js';
import { toEngineCalls } from './engine-request.js';
import { ValidCompletionRequest } from './valid-completion-request.js';

/** Takes completion requests in: checks, finds the model, makes room. */
@Injectable()
export class Completer {
  readonly #admission: Admission;

  constructor(
    private readonly host: ModelHost,
    private readonly metrics: CompletionMetrics,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.#admission = new Admission(config.maxBatchSize + config.maxQueuedRequests);
    metrics.watchAdmission(() => this.#admission.inside);
  }

  /**
   * A task whose places and model version are its own until it has run.
   * @throws invalid_value, context_length_exceeded, model_not_found, no_model_ready, server_is_overloaded
   */
  async admit(dto: CompletionRequestDto): Promise<CompletionTask> {
    const request = ValidCompletionRequest.from(dto, this.config);
    const { loaded, release } = await this.host.lease(request.model);
    let entered = 0;
    try {
      this.#admission.enter(request.choiceCount);
      entered = request.choiceCount;
      // After admission: reading long prompts costs time that a server without room does not have.
      checkPromptLengths(request.prompts, loaded.engine.tokenizer, this.config.maxPromptTokens);
      const calls = toEngineCalls(request, loaded.engine.config.vocabularySize);
      return new CompletionTask(request, { loaded, calls, release, admission: this.#admission, metrics: this.metrics });
    } catch (error) {
      for (let place = 0; place < entered; place++) this.#admission.leave();
      release();
      throw error;
    }
  }
}
