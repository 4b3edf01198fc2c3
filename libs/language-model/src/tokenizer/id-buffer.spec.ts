import { describe, expect, it } from 'vitest';
import { IdBuffer } from './id-buffer.js';

const CHUNK = 1 << 16;

function read(buffer: IdBuffer, start: number, length: number): number[] {
  return [...buffer.slices(start, length)].flatMap((slice) => [...slice]);
}

describe('IdBuffer', () => {
  it('gives back what was pushed across the borders of its chunks, also after it was cut there', () => {
    const buffer = new IdBuffer();
    for (let id = 0; id < CHUNK + 3; id++) buffer.push(id);
    expect(read(buffer, CHUNK - 2, 4)).toEqual([CHUNK - 2, CHUNK - 1, CHUNK, CHUNK + 1]);
    buffer.truncate(CHUNK);
    buffer.push(7);
    expect(read(buffer, CHUNK - 1, 2)).toEqual([CHUNK - 1, 7]);
    buffer.truncate(CHUNK - 1);
    buffer.push(8);
    expect([buffer.length, ...read(buffer, CHUNK - 2, 2)]).toEqual([CHUNK, CHUNK - 2, 8]);
  });

  it('refuses to read past its end', () => {
    expect(() => read(new IdBuffer(), 0, 1)).toThrow(RangeError);
  });
});
