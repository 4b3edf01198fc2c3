import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffDocuments } from './diff-documents.js';

describe('the difference of two documents', () => {
  it('is nothing for the same document, however it is written', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(diffDocuments(value, JSON.parse(JSON.stringify(value)))).toEqual([]);
      }),
    );
  });

  it('names every value that was changed, added or taken away by its place', () => {
    const before = { mode: 'enforce', stages: [{ share: 0 }, { share: 0.05 }], watch: { seconds: 60 } };
    const after = { mode: 'dry_run', stages: [{ share: 0 }, { share: 0.1 }, { share: 0.5 }], watch: {} };
    expect(diffDocuments(before, after)).toEqual([
      { path: 'mode', before: '"enforce"', after: '"dry_run"' },
      { path: 'stages[1].share', before: '0.05', after: '0.1' },
      { path: 'stages[2].share', before: null, after: '0.5' },
      { path: 'watch', before: null, after: '{}' },
      { path: 'watch.seconds', before: '60', after: null },
    ]);
  });
});
