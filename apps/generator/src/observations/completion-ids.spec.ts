import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Registry } from '#registry';
import type { Release } from '#registry/releases';
import { CompletionIds } from './completion-ids.js';

/** Before the first key was read from the database, each has one of its own. */
const noRegistry: unknown = null;
const ids = new CompletionIds(noRegistry as Registry);
const live = (id: string, stageIndex: number): Release => ({ id, stageIndex }) as Release;

const origin = fc.record({
  arm: fc.constantFrom('candidate' as const, 'incumbent' as const),
  share: fc.double({ min: 0, max: 1, minExcluded: true, maxExcluded: true, noNaN: true }),
  stageIndex: fc.integer({ min: 0, max: 20 }),
  releaseId: fc.stringMatching(/^rel-[0-9a-zA-Z]{22}$/),
  client: fc.option(fc.stringMatching(/^[0-9a-f]{16}$/)),
});

describe('the id of a completion', () => {
  it('says which arm of which release wrote it, and when', () => {
    fc.assert(
      fc.property(origin, ({ releaseId, stageIndex, client, ...draw }) => {
        const id = ids.make({ live: live(releaseId, stageIndex), draw, client });
        expect(id).toMatch(/^cmpl-[\w-]+$/);
        const { issuedAtMs, ...read } = ids.read(id)!;
        expect(read).toEqual({ ...draw, releaseId, stageIndex, client });
        expect(Math.abs(Date.now() - issuedAtMs)).toBeLessThan(60_000);
      }),
    );
  });

  it('is no other when the same is said, and says nothing where no arm was drawn', () => {
    const draw = { arm: 'candidate', share: 0.5 } as const;
    const made = Array.from({ length: 100 }, () => ids.make({ live: live('rel-1', 1), draw, client: null }));
    expect(new Set(made).size).toBe(100);
    const plain = ids.make({ live: null, draw: null, client: null });
    expect(plain).toMatch(/^cmpl-[\w-]{20}$/);
    expect(ids.read(plain)).toBeNull();
  });

  it('is refused when a single character of it was changed, and when another server signed it', () => {
    const draw = { arm: 'incumbent', share: 0.25 } as const;
    const id = ids.make({ live: live('rel-0123456789abcdefghijkl', 2), draw, client: null });
    fc.assert(
      fc.property(
        fc.integer({ min: 5, max: id.length - 1 }),
        fc.constantFrom('A', 'E', 'I', 'M', 'Q'),
        (at, character) => {
          const changed = id.slice(0, at) + character + id.slice(at + 1);
          const bytes = (text: string): string => Buffer.from(text.slice(5), 'base64url').toString('hex');
          fc.pre(bytes(changed) !== bytes(id));
          expect(ids.read(changed)).toBeUndefined();
        },
      ),
    );
    expect(new CompletionIds(noRegistry as Registry).read(id)).toBeUndefined();
    for (const nonsense of ['', 'cmpl-', 'cmpl-none', `chat-${id.slice(5)}`])
      expect(ids.read(nonsense)).toBeUndefined();
  });
});
