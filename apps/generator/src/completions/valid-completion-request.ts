import { randomBytes } from 'node:crypto';
import { CodedError } from '#errors';
import type { CompletionRequestDto, Prompt } from './completion-request.dto.js';

/** Limits of the server that a request is held against. */
export interface RequestLimits {
  /** Largest `max_tokens`. */
  readonly maxCompletionTokens: number;
  /** Most choices of one request: prompts times n. */
  readonly maxChoices: number;
}

/** One prompt: a text, its token ids, or null for the start of a document. */
export type SinglePrompt = string | readonly number[] | null;

const DEFAULT_MAX_TOKENS = 16;

/**
 * A completion request that passed every check that does not need the model. Only {@link ValidCompletionRequest.from}
 * makes one, so whoever holds one need not check again.
 */
export class ValidCompletionRequest {
  readonly model: string;
  readonly prompts: readonly SinglePrompt[];
  readonly maxTokens: number;
  readonly temperature: number;
  readonly topP: number;
  /** 0 keeps every token. */
  readonly topK: number;
  readonly stop: readonly string[];
  readonly seed: bigint;
  readonly choicesPerPrompt: number;
  readonly stream: boolean;

  private constructor(dto: CompletionRequestDto) {
    this.model = dto.model;
    this.prompts = promptsOf(dto.prompt);
    this.maxTokens = dto.max_tokens ?? DEFAULT_MAX_TOKENS;
    this.temperature = dto.temperature ?? 1;
    this.topP = dto.top_p ?? 1;
    this.topK = dto.top_k ?? 0;
    this.stop = typeof dto.stop === 'string' ? [dto.stop] : (dto.stop ?? []);
    this.seed = typeof dto.seed === 'number' ? BigInt.asIntN(64, BigInt(dto.seed)) : randomBytes(8).readBigInt64LE();
    this.choicesPerPrompt = dto.n ?? 1;
    this.stream = dto.stream ?? false;
  }

  /** How many texts the answer has. Choice i continues prompt `floor(i / choicesPerPrompt)`. */
  get choiceCount(): number {
    return this.prompts.length * this.choicesPerPrompt;
  }

  /**
   * @param dto a body whose fields passed their own checks
   * @throws invalid_value where a limit of the server is exceeded
   */
  static from(dto: CompletionRequestDto, limits: RequestLimits): ValidCompletionRequest {
    const request = new ValidCompletionRequest(dto);
    if (request.maxTokens > limits.maxCompletionTokens) {
      throw new CodedError(
        'invalid_value',
        `max_tokens must be at most ${limits.maxCompletionTokens} on this server. Got ${request.maxTokens}.`,
        {
          param: 'max_tokens',
        },
      );
    }
    if (request.choiceCount > limits.maxChoices) {
      throw new CodedError(
        'invalid_value',
        `prompts times n must be at most ${limits.maxChoices} on this server. Got ${request.prompts.length} prompts times n = ${request.choicesPerPrompt}.`,
        { param: request.choicesPerPrompt > 1 ? 'n' : 'prompt' },
      );
    }
    if (dto.best_of === 1 && request.choicesPerPrompt > 1) {
      throw new CodedError(
        'invalid_value',
        `best_of must be at least n. Got best_of = 1 and n = ${request.choicesPerPrompt}.`,
        { param: 'best_of' },
      );
    }
    return request;
  }
}

function promptsOf(prompt: Prompt): readonly SinglePrompt[] {
  if (!Array.isArray(prompt)) return [prompt];
  return isTokenIds(prompt) ? [prompt] : prompt;
}

function isTokenIds(prompt: string[] | number[] | number[][]): prompt is number[] {
  return typeof prompt[0] === 'number';
}
