import { describe, expect, it } from 'vitest';
import { Admission } from './admission.js';

describe('admission', () => {
  it('lets in up to its capacity and refuses the rest as a whole', () => {
    const admission = new Admission(4);
    admission.enter(3);
    expect(() => admission.enter(2)).toThrow(expect.objectContaining({ code: 'server_is_overloaded' }));
    expect(admission.inside).toBe(3);
    admission.enter(1);
    expect(admission.inside).toBe(4);
  });

  it('makes room when a sequence leaves', () => {
    const admission = new Admission(1);
    admission.enter(1);
    admission.leave();
    admission.enter(1);
    expect(admission.inside).toBe(1);
  });

  it('says when to come back at the rate at which sequences were finished', () => {
    let nowMs = 0;
    const admission = new Admission(10, () => nowMs);
    admission.enter(10);
    // One every 100 ms.
    for (let finished = 0; finished < 6; finished++) {
      admission.leave();
      nowMs += 100;
    }
    admission.enter(6);
    expect(() => admission.enter(5)).toThrow(
      expect.objectContaining({ code: 'server_is_overloaded', retryAfterMs: 500 }),
    );
  });

  it('refuses for good what could never fit', () => {
    expect(() => new Admission(8).enter(9)).toThrow(expect.objectContaining({ code: 'invalid_value', param: 'n' }));
  });
});
