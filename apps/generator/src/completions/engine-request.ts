import { CodedError } from '#errors';
import type { CompletionRequest } from '#language-model';
import { choiceSeed } from '#language-model';
import type { ValidCompletionRequest } from './valid-completion-request.js';

/** One call of the engine, and which choice of the answer it is. */
export interface EngineCall {
  readonly index: number;
  readonly request: CompletionRequest;
}

/** What this engine cannot do yet, with the test that tells whether a request asks for it. */
const NOT_YET: Readonly<Record<string, (request: ValidCompletionRequest) => boolean>> = {
  best_of: ({ bestOf, choicesPerPrompt }) => bestOf > choicesPerPrompt,
  echo: ({ echo }) => echo,
  logprobs: ({ logprobs }) => logprobs !== null,
  use_beam_search: ({ beamSearch }) => beamSearch !== null,
  presence_penalty: ({ presencePenalty }) => presencePenalty !== 0,
  frequency_penalty: ({ frequencyPenalty }) => frequencyPenalty !== 0,
  repetition_penalty: ({ repetitionPenalty }) => repetitionPenalty !== 1,
  no_repeat_ngram_size: ({ noRepeatNgramSize }) => noRepeatNgramSize !== 0,
  logit_bias: ({ logitBias }) => logitBias.size > 0,
  min_p: ({ minP }) => minP !== 0,
  typical_p: ({ typicalP }) => typicalP !== 1,
  min_tokens: ({ minTokens }) => minTokens !== 0,
  ignore_eos: ({ ignoreEos }) => ignoreEos,
  truncate_prompt_tokens: ({ truncatePromptTokens }) => truncatePromptTokens !== null,
};

/**
 * The engine's calls for a request: the only place that knows both.
 * @throws unsupported_parameter
 */
export function toEngineCalls(request: ValidCompletionRequest): readonly EngineCall[] {
  for (const [param, asksFor] of Object.entries(NOT_YET)) {
    if (asksFor(request))
      throw new CodedError('unsupported_parameter', `${param} is not supported by this server yet; leave it out.`, {
        param,
      });
  }
  const { maxTokens, temperature, topP, topK, stop } = request;
  return Array.from({ length: request.choiceCount }, (_, index) => ({
    index,
    request: {
      prompt: request.prompts[Math.floor(index / request.choicesPerPrompt)] ?? null,
      maxTokens,
      temperature,
      topP,
      topK,
      stop,
      seed: choiceSeed(request.seed, index),
    },
  }));
}
