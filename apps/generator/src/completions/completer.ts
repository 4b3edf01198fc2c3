import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '#config';
import type { CompletionRequest } from '#language-model';
import type { ApiKeyIdentity, TraceScope } from '#observability';
import { Admission } from '../admission/admission.js';
import type { Load } from '../admission/drain-rate.js';
import { KeyLimits } from '../admission/key-limits.js';
import type { Place } from '../admission/version-line.js';
import { CONFIG } from '../generator-tokens.js';
import { FAULTS, type Faults } from '../models/faults.js';
import { CompletionIds } from '../observations/completion-ids.js';
import { RequestObserver } from '../observations/request-observer.js';
import { ReleaseArms } from '../releases/release-arms.js';
import { EndedRequests } from '../traffic/ended-requests.js';
import { checkPromptLengths } from './check-prompt-lengths.js';
import { CompletionMetrics } from './completion-metrics.js';
import type { CompletionRequestDto } from './completion-request.dto.js';
import { CompletionTask, type AdmittedCall } from './completion-task.js';
import { toEngineCalls } from './engine-request.js';
import { estimateTokens } from './estimate-tokens.js';
import { ValidCompletionRequest } from './valid-completion-request.js';

/** Who sent a request, and under which id it is known. */
export interface Sender {
  readonly owner: ApiKeyIdentity;
  readonly requestId: string;
  /** Where to put what happens; null where it is not traced. */
  readonly trace: TraceScope | null;
}

/** Takes completion requests in: checks, holds the key to its limits, finds the model, makes room. */
@Injectable()
export class Completer {
  readonly #admission: Admission;
  readonly #limits: KeyLimits;
  readonly #tasks = new Set<CompletionTask>();

  constructor(
    private readonly arms: ReleaseArms,
    private readonly observer: RequestObserver,
    private readonly ids: CompletionIds,
    private readonly metrics: CompletionMetrics,
    private readonly endedRequests: EndedRequests,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(FAULTS) private readonly faults: Faults | null,
  ) {
    this.#admission = new Admission(config);
    this.#limits = new KeyLimits({
      requestsPerMinute: config.keyRequestsPerMinute,
      tokensPerMinute: config.keyTokensPerMinute,
      concurrentRequests: config.keyConcurrentRequests,
    });
    metrics.watchAdmission(() => this.#admission);
  }

  /** Those that were admitted and have not ended, the oldest first. */
  get tasks(): ReadonlySet<CompletionTask> {
    return this.#tasks;
  }

  /** What the answers to a key's requests say of its limits. */
  limitHeaders(owner: ApiKeyIdentity): Record<string, string> {
    return this.#limits.headers(owner);
  }

  /**
   * A task whose places and model version are its own until it has run.
   * @throws invalid_value, unknown_parameter, unsupported_parameter, context_length_exceeded, rate_limit_exceeded,
   * model_not_found, no_model_ready, server_is_overloaded
   */
  async admit(dto: CompletionRequestDto, sender: Sender): Promise<CompletionTask> {
    const arrivedAtMs = performance.now();
    const request = ValidCompletionRequest.from(dto, this.config);
    const parts = request.prompts.map((prompt) => ({
      sequences: request.sequencesPerPrompt,
      tokens: estimateTokens(prompt, request),
    }));
    const tokens = parts.reduce((total, part) => total + part.tokens, 0);
    const keyUse = this.#limits.take(sender.owner, tokens);
    const undo: (() => void)[] = [() => keyUse.undo()];
    try {
      const lease = await this.arms.lease(request.model, `${sender.owner.id} ${request.user ?? ''}`);
      const { loaded, release, arm } = lease;
      undo.push(release);
      const places = this.#admission.enter({ owner: sender.owner.id, versionId: loaded.version.id, parts });
      undo.push(() => places.forEach((place) => place.leave()));
      // After admission: reading long prompts costs time that a server without room does not have.
      await checkPromptLengths(request, loaded.engine.tokenizer, this.config.maxPromptTokens);
      const calls = toEngineCalls(request, loaded.engine.config.vocabularySize);
      const task: CompletionTask = new CompletionTask(request, {
        id: sender.requestId,
        trace: sender.trace,
        completionId: this.ids.make(lease),
        loaded,
        arm,
        faults: this.faults,
        calls: calls.flatMap((call, index) => admittedCall(call, parts[index], places[index])),
        keyUse,
        metrics: this.metrics,
        arrivedAtMs,
        release: () => {
          release();
          this.#tasks.delete(task);
        },
        onEnded: (ended) => {
          this.observer.ended({ id: sender.requestId, request, lease }, ended);
          this.endedRequests.ended(task, ended, { keyId: sender.owner.id, releaseId: lease.live?.id ?? null });
        },
      });
      this.#tasks.add(task);
      return task;
    } catch (error) {
      for (const step of undo.reverse()) step();
      throw error;
    }
  }
}

function admittedCall(call: CompletionRequest, load: Load | undefined, place: Place | undefined): AdmittedCall[] {
  return load === undefined || place === undefined ? [] : [{ call, load, place }];
}
