import { describe, expect, it } from 'vitest';
import { idOf, pathOf, releasePath, versionPath } from './paths.js';

describe('the address of a page', () => {
  it('gives back the id that it was made of', () => {
    for (const id of ['ft:small:a b:c/d', 'rel-100%', 'ö?#&'])
      expect(idOf(versionPath(id).slice('/versions/'.length))).toBe(id);
    expect(releasePath('rel-1')).toBe('/releases/rel-1');
    expect(pathOf('version', 'ft:x')).toBe(versionPath('ft:x'));
  });

  it('that was typed wrongly is taken as it is', () => {
    expect(idOf('100%')).toBe('100%');
  });
});
