import { describe, expect, it } from 'vitest';
import { IDLE, withChunk, type CompletionChunk } from './completion-state.js';

function chunk(index: number, text: string, finish: string | null = null): CompletionChunk {
  const logprobs =
    text === '' ? null : { tokens: [text], token_logprobs: [-0.5], top_logprobs: [{ other: -2, [text]: -0.5 }] };
  return { id: 'cmpl-1', model: 'ft:small:x:1', choices: [{ index, text, finish_reason: finish, logprobs }] };
}

describe('what the playground shows of a stream', () => {
  it('puts every piece with its choice, in the order in which they come', () => {
    const chunks = [chunk(1, 'b'), chunk(0, 'a'), chunk(1, 'd'), chunk(0, '', 'stop')];
    const state = chunks.reduce((before, each, index) => withChunk(before, each, 10 * (index + 1)), IDLE);
    expect(state.choices.map(({ tokens }) => tokens.map(({ text }) => text).join(''))).toEqual(['a', 'bd']);
    expect(state.choices.map(({ finishReason }) => finishReason)).toEqual(['stop', null]);
    expect(state).toMatchObject({ id: 'cmpl-1', version: 'ft:small:x:1', firstTokenMs: 10, totalMs: 40 });
  });

  it('shows the likeliest alternative first', () => {
    const [choice] = withChunk(IDLE, chunk(0, 'a'), 1).choices;
    expect(choice?.tokens[0]?.alternatives).toEqual([
      ['a', -0.5],
      ['other', -2],
    ]);
  });

  it('takes the usage from the chunk that has it', () => {
    const last: CompletionChunk = {
      id: 'cmpl-1',
      model: 'm',
      choices: [],
      usage: { prompt_tokens: 3, completion_tokens: 7 },
    };
    expect(withChunk(IDLE, last, 1)).toMatchObject({ promptTokens: 3, completionTokens: 7, firstTokenMs: null });
  });
});
