import { CodedError } from '#errors';
import type { CompletionRequest } from '#language-model';
import type { ValidCompletionRequest } from './valid-completion-request.js';

/**
 * The engine's calls for a request, one for each prompt: the only place that knows both.
 * @throws invalid_value for a bias on something that is no token id of the model
 */
export function toEngineCalls(request: ValidCompletionRequest, vocabularySize: number): readonly CompletionRequest[] {
  const { prompts, choicesPerPrompt, temperature, topP, topK, minP, typicalP } = request;
  const logitBias = biasById(request.logitBias, vocabularySize);
  const { presencePenalty, frequencyPenalty, repetitionPenalty, noRepeatNgramSize } = request;
  return prompts.map((prompt, index) => ({
    prompt,
    truncatePromptTokens: request.truncatePromptTokens,
    maxTokens: request.maxTokens,
    minTokens: request.minTokens,
    ignoreEos: request.ignoreEos,
    choices: choicesPerPrompt,
    bestOf: request.bestOf,
    firstChoice: index * request.bestOf,
    seed: request.seed,
    sampling: {
      temperature,
      topP,
      topK,
      minP,
      typicalP,
      presencePenalty,
      frequencyPenalty,
      repetitionPenalty,
      noRepeatNgramSize,
      logitBias,
    },
    beamSearch: request.beamSearch,
    stop: request.stop,
    logprobs: request.logprobs,
    echo: request.echo,
  }));
}

function biasById(biases: ReadonlyMap<string, number>, vocabularySize: number): ReadonlyMap<number, number> {
  return new Map(
    Array.from(biases, ([name, bias]) => {
      const id = /^\d{1,9}$/.test(name) ? Number(name) : NaN;
      if (id < vocabularySize) return [id, bias];
      throw new CodedError(
        'invalid_value',
        `logit_bias: token ids run from 0 to ${vocabularySize - 1} in this model, ${JSON.stringify(name.slice(0, 50))} was given. POST /tokenize tells the ids of a text.`,
        { param: 'logit_bias' },
      );
    }),
  );
}
