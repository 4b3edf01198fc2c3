import type { SinglePrompt, ValidCompletionRequest } from './valid-completion-request.js';

/** English text has 4 to 5 characters per token, white space included. */
const CHARACTERS_PER_TOKEN = 4;

/**
 * About how many tokens a prompt and all that is generated from it have, if every text becomes as long as it may. It is
 * known before the prompt is tokenised, so that a server without room need not read it.
 */
export function estimateTokens(prompt: SinglePrompt, request: ValidCompletionRequest): number {
  const length = prompt?.length ?? 0;
  const read = typeof prompt === 'string' ? Math.ceil(length / CHARACTERS_PER_TOKEN) : length;
  const kept = Math.min(read, request.truncatePromptTokens ?? Infinity);
  return kept + request.sequencesPerPrompt * request.maxTokens;
}
