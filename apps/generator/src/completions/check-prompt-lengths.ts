import { CodedError } from '#errors';
import type { CompletionEngine } from '#language-model';
import type { SinglePrompt } from './valid-completion-request.js';

/** No character becomes more tokens than this: a capital letter is one that says so and one for the letter. */
const MAX_TOKENS_PER_CHARACTER = 3;

/**
 * Checks that no prompt is longer than the server takes.
 * @throws context_length_exceeded
 */
export function checkPromptLengths(
  prompts: readonly SinglePrompt[],
  tokenizer: CompletionEngine['tokenizer'],
  maxPromptTokens: number,
): void {
  for (const prompt of prompts) {
    const length = prompt?.length ?? 0;
    if (typeof prompt === 'string' && length * MAX_TOKENS_PER_CHARACTER <= maxPromptTokens) continue;
    const tokens = typeof prompt === 'string' ? tokenizer.encode(prompt).length : length;
    if (tokens <= maxPromptTokens) continue;
    throw new CodedError(
      'context_length_exceeded',
      `This server takes prompts of at most ${maxPromptTokens} tokens (MAX_PROMPT_TOKENS). Got ${tokens} tokens. Shorten the prompt.`,
      { param: 'prompt' },
    );
  }
}
