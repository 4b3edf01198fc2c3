import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientHash, drawArm, uniformOf } from './draw-arm.js';

describe('an arm', () => {
  it('is the candidate for exactly the share of all numbers, and the share is told with it', () => {
    expect(drawArm({ share: 0.25 }, 0)).toEqual({ arm: 'candidate', share: 0.25 });
    expect(drawArm({ share: 0.25 }, 0.2499)).toEqual({ arm: 'candidate', share: 0.25 });
    expect(drawArm({ share: 0.25 }, 0.25)).toEqual({ arm: 'incumbent', share: 0.25 });
    expect(drawArm({ share: 0.25 }, 0.9999)).toEqual({ arm: 'incumbent', share: 0.25 });
  });

  it.each([0, 1])('is not drawn when the share is %d', (share) => {
    expect(drawArm({ share }, 0.5)).toBeNull();
  });
});

describe('a client', () => {
  const clients = Array.from({ length: 4000 }, (_, index) => clientHash('rel-1', `key-${index}`));

  it('keeps the candidate while its share grows', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...clients),
        fc.double({ min: 0.01, max: 0.9, noNaN: true }),
        fc.double({ min: 0, max: 0.09, noNaN: true }),
        (hash, share, more) => {
          const before = drawArm({ share }, uniformOf(hash));
          const after = drawArm({ share: share + more }, uniformOf(hash));
          expect(before?.arm === 'candidate' && after?.arm === 'incumbent').toBe(false);
        },
      ),
    );
  });

  it('is in the arm of the candidate as often as the share says', () => {
    const candidates = clients.filter((hash) => drawArm({ share: 0.3 }, uniformOf(hash))?.arm === 'candidate').length;
    // Five standard deviations.
    expect(Math.abs(candidates / clients.length - 0.3)).toBeLessThan(5 * Math.sqrt((0.3 * 0.7) / clients.length));
  });

  it('is another in each release', () => {
    expect(clientHash('rel-1', 'key-1')).not.toBe(clientHash('rel-2', 'key-1'));
    expect(clientHash('rel-1', 'key-1')).toMatch(/^[0-9a-f]{16}$/);
  });
});
