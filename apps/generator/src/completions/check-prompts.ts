import { CodedError } from '#errors';
import type { CompletionEngine } from '#language-model';
import type { SinglePrompt } from './valid-completion-request.js';

/** No character becomes more tokens than this: a capital letter is one that says so and one for the letter. */
const MAX_TOKENS_PER_CHARACTER = 3;

/**
 * Checks what only the model can tell: that token ids exist and that no prompt is too long.
 * @throws invalid_value, context_length_exceeded
 */
export function checkPrompts(
  prompts: readonly SinglePrompt[],
  { tokenizer }: Pick<CompletionEngine, 'tokenizer'>,
  maxPromptTokens: number,
): void {
  for (const prompt of prompts) {
    if (prompt === null) continue;
    if (typeof prompt !== 'string') {
      const unknown = prompt.find((id) => id >= tokenizer.vocabularySize);
      if (unknown !== undefined) {
        throw new CodedError(
          'invalid_value',
          `prompt must hold token ids between 0 and ${tokenizer.vocabularySize - 1} of this model. Got ${unknown}.`,
          {
            param: 'prompt',
          },
        );
      }
    }
    const tokens = typeof prompt === 'string' ? countTokens(prompt, tokenizer, maxPromptTokens) : prompt.length;
    if (tokens > maxPromptTokens) {
      throw new CodedError(
        'context_length_exceeded',
        `This server takes prompts of at most ${maxPromptTokens} tokens (MAX_PROMPT_TOKENS). Got ${tokens} tokens. Shorten the prompt.`,
        { param: 'prompt' },
      );
    }
  }
}

/** Exact where it matters; a text that cannot be too long is not read. */
function countTokens(text: string, tokenizer: CompletionEngine['tokenizer'], limit: number): number {
  return text.length * MAX_TOKENS_PER_CHARACTER <= limit ? 0 : tokenizer.encode(text).length;
}
