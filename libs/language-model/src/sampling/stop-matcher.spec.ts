import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StopMatcher } from './stop-matcher.js';

/** The text up to the stop string that is complete first; of those that are complete at once, the longest. */
function reference(text: string, stops: readonly string[]): { shown: string; stopped: boolean } {
  for (let end = 1; end <= text.length; end++) {
    const ending = stops.filter((stop) => text.slice(0, end).endsWith(stop));
    if (ending.length > 0)
      return { shown: text.slice(0, end - Math.max(...ending.map(({ length }) => length))), stopped: true };
  }
  return { shown: text, stopped: false };
}

function run(
  pieces: readonly string[],
  stops: readonly string[],
): { shown: string; stopped: boolean; afterEach: string[] } {
  const matcher = new StopMatcher(stops);
  const afterEach: string[] = [];
  let shown = '';
  for (const piece of pieces) {
    shown += matcher.push(piece);
    afterEach.push(shown);
  }
  shown += matcher.end();
  return { shown, stopped: matcher.stopped, afterEach };
}

/** Few letters, so that stop strings occur, overlap and begin without ending. */
const letters = (maxLength: number, minLength = 0) =>
  fc.string({ unit: fc.constantFrom('a', 'b', '\n', '😀'), minLength, maxLength });

describe('StopMatcher', () => {
  it('shows what stands before the first stop string, however the text is cut into pieces', () => {
    fc.assert(
      fc.property(
        fc.array(letters(5), { maxLength: 12 }),
        fc.array(letters(4, 1), { maxLength: 4 }),
        (pieces, stops) => {
          const { shown, stopped } = run(pieces, stops);
          expect({ shown, stopped }).toEqual(reference(pieces.join(''), stops));
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('holds nothing back that cannot be the beginning of a stop string', () => {
    fc.assert(
      fc.property(
        fc.array(letters(5), { maxLength: 12 }),
        fc.array(letters(4, 1), { maxLength: 4 }),
        (pieces, stops) => {
          const { afterEach, stopped } = run(pieces, stops);
          if (stopped) return;
          afterEach.forEach((shown, index) => {
            const text = pieces.slice(0, index + 1).join('');
            const held = text.slice(shown.length);
            expect(text.startsWith(shown)).toBe(true);
            expect(held === '' || stops.some((stop) => stop.startsWith(held))).toBe(true);
          });
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('shows at the end what turned out to be no stop string', () => {
    expect(run(['one EN', 'TR'], ['END'])).toMatchObject({ shown: 'one ENTR', stopped: false });
    expect(run(['one EN'], ['END'])).toMatchObject({ shown: 'one EN', stopped: false, afterEach: ['one '] });
  });

  it('lets the stop string win that is complete first', () => {
    for (const pieces of [['xabc'], ['xab', 'c'], ['x', 'a', 'b', 'c']]) {
      expect(run(pieces, ['abc', 'b'])).toMatchObject({ shown: 'xa', stopped: true });
    }
  });

  it('shows nothing more once it has stopped', () => {
    expect(run(['a stop', ' b stop', ' c'], ['stop'])).toMatchObject({
      shown: 'a ',
      stopped: true,
      afterEach: ['a ', 'a ', 'a '],
    });
  });
});
