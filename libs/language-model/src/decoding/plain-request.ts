import type { CompletionRequest, SamplingParameters } from './completion-request.js';

/** Draws from the model's own distribution. */
export const PLAIN_SAMPLING: SamplingParameters = {
  temperature: 1,
  topP: 1,
  topK: 0,
  minP: 0,
  typicalP: 1,
  presencePenalty: 0,
  frequencyPenalty: 0,
  repetitionPenalty: 1,
  noRepeatNgramSize: 0,
  logitBias: new Map(),
};

/** One text from the beginning of a document, everything else off: what a request is made from. */
export const PLAIN_REQUEST: CompletionRequest = {
  prompt: null,
  truncatePromptTokens: null,
  maxTokens: 16,
  minTokens: 0,
  ignoreEos: false,
  choices: 1,
  bestOf: 1,
  firstChoice: 0,
  seed: 0n,
  sampling: PLAIN_SAMPLING,
  beamSearch: null,
  stop: [],
  logprobs: null,
  echo: false,
};
