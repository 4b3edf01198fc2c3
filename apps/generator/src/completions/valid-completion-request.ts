import { randomBytes } from 'node:crypto';
import { checkCombinations, type RequestLimits } from './check-combinations.js';
import type { CompletionRequestDto, Prompt } from './completion-request.dto.js';

/** One prompt: a text, its token ids, or null for the start of a document. */
export type SinglePrompt = string | readonly number[] | null;

const DEFAULT_MAX_TOKENS = 16;
const DEFAULT_BEAM_WIDTH = 4;

/**
 * A completion request that passed every check that does not need the model. Only {@link ValidCompletionRequest.from}
 * makes one, so whoever holds one need not check again. Fields without a comment mean what the DTO says.
 */
export class ValidCompletionRequest {
  readonly model: string;
  readonly prompts: readonly SinglePrompt[];
  readonly maxTokens: number;
  readonly minTokens: number;
  readonly ignoreEos: boolean;
  /** `n`: texts to return for each prompt. */
  readonly choicesPerPrompt: number;
  /** At least {@link choicesPerPrompt}. */
  readonly bestOf: number;
  readonly beamSearch: { readonly width: number; readonly lengthPenalty: number } | null;
  readonly temperature: number;
  readonly topP: number;
  /** 0 keeps every token. */
  readonly topK: number;
  readonly minP: number;
  readonly typicalP: number;
  readonly presencePenalty: number;
  readonly frequencyPenalty: number;
  readonly repetitionPenalty: number;
  readonly noRepeatNgramSize: number;
  /** By token id as it was sent, without those that are 0. */
  readonly logitBias: ReadonlyMap<string, number>;
  readonly stop: readonly string[];
  readonly seed: bigint;
  readonly logprobs: number | null;
  readonly echo: boolean;
  /** null reads all of a prompt. */
  readonly truncatePromptTokens: number | null;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  readonly includeObfuscation: boolean;
  readonly user: string | null;
  /** What was ignored, which happens only where the server is set to be lenient. */
  readonly warnings: readonly string[];

  private constructor(dto: CompletionRequestDto, warnings: readonly string[]) {
    this.model = dto.model;
    this.prompts = promptsOf(dto.prompt);
    this.maxTokens = dto.max_tokens ?? DEFAULT_MAX_TOKENS;
    this.minTokens = dto.min_tokens ?? 0;
    this.ignoreEos = dto.ignore_eos ?? false;
    this.choicesPerPrompt = dto.n ?? 1;
    this.bestOf = Math.max(dto.best_of ?? 0, this.choicesPerPrompt);
    this.beamSearch = beamSearchOf(dto);
    this.temperature = dto.temperature ?? 1;
    this.topP = dto.top_p ?? 1;
    this.topK = dto.top_k ?? 0;
    this.minP = dto.min_p ?? 0;
    this.typicalP = dto.typical_p ?? 1;
    this.presencePenalty = dto.presence_penalty ?? 0;
    this.frequencyPenalty = dto.frequency_penalty ?? 0;
    this.repetitionPenalty = dto.repetition_penalty ?? 1;
    this.noRepeatNgramSize = dto.no_repeat_ngram_size ?? 0;
    this.logitBias = new Map(Object.entries(dto.logit_bias ?? {}).filter(([, bias]) => bias !== 0));
    this.stop = typeof dto.stop === 'string' ? [dto.stop] : (dto.stop ?? []);
    this.seed = typeof dto.seed === 'number' ? BigInt.asIntN(64, BigInt(dto.seed)) : randomBytes(8).readBigInt64LE();
    this.logprobs = dto.logprobs ?? null;
    this.echo = dto.echo ?? false;
    this.truncatePromptTokens = dto.truncate_prompt_tokens ?? null;
    this.stream = dto.stream ?? false;
    this.includeUsage = this.stream && dto.stream_options?.include_usage === true;
    this.includeObfuscation = this.stream && dto.stream_options?.include_obfuscation === true;
    this.user = dto.user ?? null;
    this.warnings = warnings;
  }

  /** How many texts the answer has. Choice i continues prompt `floor(i / choicesPerPrompt)`. */
  get choiceCount(): number {
    return this.prompts.length * this.choicesPerPrompt;
  }

  /** Sequences that are decoded side by side for one prompt: returned ones, candidates or beams. */
  get sequencesPerPrompt(): number {
    return this.beamSearch?.width ?? this.bestOf;
  }

  /**
   * @param dto a body whose fields passed their own checks
   * @throws invalid_value where fields do not go together or a limit of the server is exceeded; unknown_parameter,
   * unsupported_parameter
   */
  static from(dto: CompletionRequestDto, limits: RequestLimits): ValidCompletionRequest {
    const warnings: string[] = [];
    const request = new ValidCompletionRequest(dto, warnings);
    warnings.push(...checkCombinations(dto, request, limits));
    return request;
  }
}

function beamSearchOf(dto: CompletionRequestDto): ValidCompletionRequest['beamSearch'] {
  if (dto.use_beam_search !== true) return null;
  return {
    width: dto.beam_width ?? Math.max(DEFAULT_BEAM_WIDTH, dto.n ?? 1),
    lengthPenalty: dto.length_penalty ?? 1,
  };
}

function promptsOf(prompt: Prompt): readonly SinglePrompt[] {
  if (!Array.isArray(prompt)) return [prompt];
  return isTokenIds(prompt) ? [prompt] : prompt;
}

function isTokenIds(prompt: string[] | number[] | number[][]): prompt is number[] {
  return typeof prompt[0] === 'number';
}
