import { CodedError, type ErrorCode } from '#errors';
import type { CompletionRequestDto } from './completion-request.dto.js';

/** Limits of the server that a request is held against. */
export interface RequestLimits {
  /** Largest `max_tokens`. */
  readonly maxCompletionTokens: number;
  /** Most sequences of one request: prompts times the largest of n, best_of and beam_width. */
  readonly maxChoices: number;
  /** Ignores what generated client tests send and this server cannot honour, and says so. */
  readonly lenientRequests: boolean;
}

/** A request with its defaults, as far as rules look at it. */
interface RequestFields {
  readonly prompts: readonly unknown[];
  readonly maxTokens: number;
  readonly minTokens: number;
  readonly choicesPerPrompt: number;
  readonly sequencesPerPrompt: number;
  readonly beamSearch: { readonly width: number } | null;
  readonly logitBias: ReadonlyMap<string, number>;
  readonly stream: boolean;
}

/** A rule that a request breaks. */
interface Problem {
  readonly param: string;
  readonly message: string;
  readonly code?: ErrorCode;
  /** Whether a lenient server drops the field instead of refusing the request. */
  readonly mayBeIgnored?: boolean;
}

type Rule = (dto: CompletionRequestDto, request: RequestFields, limits: RequestLimits) => Problem | null;

/** In this order; the first one that is broken is told. */
const RULES: readonly Rule[] = [
  fitsMaxTokens,
  minTokensFit,
  bestOfHoldsN,
  bestOfIsNotStreamed,
  knowsStreamOptions,
  streamOptionsNeedStream,
  hasNoSuffix,
  beamFieldsNeedBeamSearch,
  beamSearchStandsAlone,
  beamsHoldN,
  fitsChoices,
];

/**
 * Checks what no field can check for itself: combinations, and the limits of the server.
 * @returns a warning for each field that was ignored, on a lenient server
 * @throws invalid_value, unknown_parameter, unsupported_parameter
 */
export function checkCombinations(...checked: Parameters<Rule>): readonly string[] {
  const [, , { lenientRequests }] = checked;
  const warnings: string[] = [];
  for (const rule of RULES) {
    const problem = rule(...checked);
    if (problem === null) continue;
    if (!lenientRequests || problem.mayBeIgnored !== true)
      throw new CodedError(problem.code ?? 'invalid_value', problem.message, { param: problem.param });
    warnings.push(`${problem.param} was ignored: ${problem.message}`);
  }
  return warnings;
}

function fitsMaxTokens(_dto: CompletionRequestDto, request: RequestFields, limits: RequestLimits): Problem | null {
  if (request.maxTokens <= limits.maxCompletionTokens) return null;
  return {
    param: 'max_tokens',
    message: `max_tokens must be at most ${limits.maxCompletionTokens} on this server. Got ${request.maxTokens}.`,
  };
}

function minTokensFit(_dto: CompletionRequestDto, { minTokens, maxTokens }: RequestFields): Problem | null {
  if (minTokens <= maxTokens) return null;
  return {
    param: 'min_tokens',
    message: `min_tokens must be at most max_tokens. Got min_tokens = ${minTokens} and max_tokens = ${maxTokens}.`,
  };
}

function bestOfHoldsN({ best_of }: CompletionRequestDto, { choicesPerPrompt }: RequestFields): Problem | null {
  // 0 counts as left out: generated clients send it.
  if (!best_of || best_of >= choicesPerPrompt) return null;
  return {
    param: 'best_of',
    message: `best_of must be at least n. Got best_of = ${best_of} and n = ${choicesPerPrompt}.`,
  };
}

function bestOfIsNotStreamed({ best_of }: CompletionRequestDto, { stream }: RequestFields): Problem | null {
  if (!stream || !best_of || best_of === 1) return null;
  return {
    param: 'best_of',
    message: `best_of cannot be streamed: which texts are best is known only at their end. Got best_of = ${best_of} with stream = true. Leave one of them out.`,
  };
}

function knowsStreamOptions({ stream_options: options }: CompletionRequestDto): Problem | null {
  for (const [name, value] of Object.entries(options ?? {})) {
    const param = `stream_options.${name}`;
    if (name !== 'include_usage' && name !== 'include_obfuscation')
      return {
        param,
        code: 'unknown_parameter',
        message: `Unknown parameter: '${param}'. Remove it, or check its spelling; GET /docs lists what there is.`,
      };
    if (value !== null && typeof value !== 'boolean')
      return { param, message: `${param} must be true or false. Got ${JSON.stringify(value)}.` };
  }
  return null;
}

function streamOptionsNeedStream(
  { stream_options: options }: CompletionRequestDto,
  { stream }: RequestFields,
): Problem | null {
  if (stream || options === null || options === undefined) return null;
  return {
    param: 'stream_options',
    message: 'stream_options needs stream = true. Leave it out, or set stream.',
    mayBeIgnored: true,
  };
}

function hasNoSuffix({ suffix }: CompletionRequestDto): Problem | null {
  if (suffix === null || suffix === undefined) return null;
  return {
    param: 'suffix',
    code: 'unsupported_parameter',
    message: 'suffix is not supported: no model of this server fills in before a given end. Leave it out.',
    mayBeIgnored: true,
  };
}

function beamFieldsNeedBeamSearch(dto: CompletionRequestDto, { beamSearch }: RequestFields): Problem | null {
  if (beamSearch !== null) return null;
  for (const param of ['beam_width', 'length_penalty'] as const) {
    const value = dto[param];
    if (value !== null && value !== undefined)
      return { param, message: `${param} needs use_beam_search = true. Got ${value}. Leave it out, or set it.` };
  }
  return null;
}

/** What a beam search would not heed, with the values that change nothing. */
const UNHEEDED_BY_BEAMS = {
  stream: [false],
  best_of: [0, 1],
  temperature: [0, 1],
  top_p: [1],
  top_k: [0],
  min_p: [0],
  typical_p: [1],
  presence_penalty: [0],
  frequency_penalty: [0],
  repetition_penalty: [1],
  no_repeat_ngram_size: [0],
} as const satisfies Partial<Record<keyof CompletionRequestDto, readonly unknown[]>>;

function beamSearchStandsAlone(dto: CompletionRequestDto, { beamSearch, logitBias }: RequestFields): Problem | null {
  if (beamSearch === null) return null;
  for (const [param, harmless] of Object.entries(UNHEEDED_BY_BEAMS)) {
    const value = dto[param as keyof typeof UNHEEDED_BY_BEAMS];
    if (value === null || value === undefined || (harmless as readonly unknown[]).includes(value)) continue;
    return { param, message: `${param} cannot be used with use_beam_search. Got ${value}. Leave one of them out.` };
  }
  if (logitBias.size === 0) return null;
  return { param: 'logit_bias', message: 'logit_bias cannot be used with use_beam_search. Leave one of them out.' };
}

function beamsHoldN(_dto: CompletionRequestDto, { beamSearch, choicesPerPrompt }: RequestFields): Problem | null {
  if (beamSearch === null || beamSearch.width >= choicesPerPrompt) return null;
  return {
    param: 'beam_width',
    message: `beam_width must be at least n. Got beam_width = ${beamSearch.width} and n = ${choicesPerPrompt}.`,
  };
}

function fitsChoices(_dto: CompletionRequestDto, request: RequestFields, limits: RequestLimits): Problem | null {
  const { prompts, sequencesPerPrompt, choicesPerPrompt } = request;
  if (prompts.length * sequencesPerPrompt <= limits.maxChoices) return null;
  const field = request.beamSearch !== null ? 'beam_width' : sequencesPerPrompt > choicesPerPrompt ? 'best_of' : 'n';
  return {
    param: sequencesPerPrompt > 1 ? field : 'prompt',
    message: `prompts times ${field} must be at most ${limits.maxChoices} on this server. Got ${prompts.length} prompts times ${field} = ${sequencesPerPrompt}.`,
  };
}
