import { describe, expect, it } from 'vitest';
import { INITIAL_VALUES, isStreamed, requestFields } from './sampling-fields.js';

describe('the sampling fields of the playground', () => {
  it('send nothing that is the value of the service anyway', () => {
    expect(requestFields({ ...INITIAL_VALUES, max_tokens: 16, temperature: 1 })).toEqual({});
  });

  it('send what differs, texts as the service takes them', () => {
    const values = {
      ...INITIAL_VALUES,
      stop: 'The end\n\nFINIS',
      logit_bias: '{"7": -100}',
      top_k: 40,
      ignore_eos: true,
    };
    expect(requestFields(values)).toEqual({
      max_tokens: 80,
      temperature: 0.8,
      stop: ['The end', 'FINIS'],
      logit_bias: { '7': -100 },
      top_k: 40,
      ignore_eos: true,
    });
  });

  it('leave away what does not go with a beam search, and its own fields without one', () => {
    const values = { ...INITIAL_VALUES, temperature: 0.3, beam_width: 6 };
    expect(requestFields(values)).toMatchObject({ temperature: 0.3 });
    expect(requestFields(values)).not.toHaveProperty('beam_width');
    const beams = requestFields({ ...values, use_beam_search: true });
    expect(beams).toMatchObject({ beam_width: 6, use_beam_search: true });
    expect(beams).not.toHaveProperty('temperature');
  });

  it('refuse a bias that is no object', () => {
    for (const logit_bias of ['[1]', '{', '3'])
      expect(() => requestFields({ ...INITIAL_VALUES, logit_bias })).toThrow('JSON object');
  });

  it('stream unless the best texts are known only at the end', () => {
    expect(isStreamed(INITIAL_VALUES)).toBe(true);
    expect(isStreamed({ ...INITIAL_VALUES, best_of: 3 })).toBe(false);
    expect(isStreamed({ ...INITIAL_VALUES, use_beam_search: true })).toBe(false);
  });
});
