import { describe, expect, it } from 'vitest';
import { readServingNotice } from './serving-notice.js';

describe('what is told of a deployment', () => {
  it.each(['production', 'null', 'true', '7', ''])('is its name, also where that is JSON: %j', (name) => {
    expect(readServingNotice(name)).toBe(name);
  });

  it('is what serves', () => {
    const notice = {
      deployment: 'null',
      servingRevision: 3,
      decidedAtMs: 1_795_406_400_123,
      incumbentVersionId: 'ft:small:a:1',
      previousVersionId: null,
      release: null,
    };
    expect(readServingNotice(JSON.stringify(notice))).toEqual(notice);
  });
});
