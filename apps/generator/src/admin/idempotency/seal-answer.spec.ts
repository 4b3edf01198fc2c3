import { describe, expect, it } from 'vitest';
import { openAnswer, sealAnswer } from './seal-answer.js';

const ANSWER = '{"key":"sk-understudy-ä"}';

describe('a sealed answer', () => {
  it('is read with the same key alone, and says nothing to anybody else', () => {
    const sealed = sealAnswer('sk-one', ANSWER);
    expect(openAnswer('sk-one', sealed)).toBe(ANSWER);
    expect(() => openAnswer('sk-two', sealed)).toThrow();
    expect(Buffer.from(sealed).includes('understudy')).toBe(false);
    expect(sealAnswer('sk-one', ANSWER)).not.toEqual(sealed);
  });

  it('that was changed in any byte is not read', () => {
    const sealed = sealAnswer('sk-one', ANSWER);
    for (let index = 0; index < sealed.length; index++) {
      expect(() => openAnswer('sk-one', sealed.with(index, (sealed[index] ?? 0) ^ 1))).toThrow();
    }
  });
});
