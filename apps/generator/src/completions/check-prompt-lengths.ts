import { CodedError } from '#errors';
import type { CompletionEngine } from '#language-model';
import type { ValidCompletionRequest } from './valid-completion-request.js';

/** No character becomes more tokens than this: a capital letter is one that says so and one for the letter. */
const MAX_TOKENS_PER_CHARACTER = 3;

/**
 * Checks that no prompt is longer than the server takes.
 * @throws context_length_exceeded
 */
export async function checkPromptLengths(
  { prompts, truncatePromptTokens }: ValidCompletionRequest,
  tokenizer: CompletionEngine['tokenizer'],
  maxPromptTokens: number,
): Promise<void> {
  // No more than that is read.
  if (truncatePromptTokens !== null && truncatePromptTokens <= maxPromptTokens) return;
  for (const prompt of prompts) {
    const length = prompt?.length ?? 0;
    if (typeof prompt === 'string' && length * MAX_TOKENS_PER_CHARACTER <= maxPromptTokens) continue;
    const tokens = typeof prompt === 'string' ? (await tokenizer.encodeInTurns(prompt)).length : length;
    if (tokens <= maxPromptTokens) continue;
    throw new CodedError(
      'context_length_exceeded',
      `This server takes prompts of at most ${maxPromptTokens} tokens (MAX_PROMPT_TOKENS). Got ${tokens} tokens. Shorten the prompt, or send truncate_prompt_tokens.`,
      { param: 'prompt' },
    );
  }
}
