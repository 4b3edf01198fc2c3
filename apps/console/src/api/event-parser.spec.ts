import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventParser, type ServerEvent } from './event-parser.js';

const STREAM =
  ': hello\n\nevent: change\nid: 7\ndata: {"topic":"run"}\n\ndata: first\r\ndata:second\r\n\r\nevent: nothing\n\ndata: [DONE]\n\n';
const EVENTS: readonly ServerEvent[] = [
  { event: 'change', data: '{"topic":"run"}', id: '7' },
  { event: 'message', data: 'first\nsecond', id: '7' },
  { event: 'message', data: '[DONE]', id: '7' },
];

describe('the parser of server-sent events', () => {
  it('finds the events of a stream', () => {
    expect(new EventParser().push(STREAM)).toEqual(EVENTS);
  });

  it('finds the same ones wherever the stream is cut', () => {
    const cuts = fc.array(fc.nat(STREAM.length), { maxLength: 12 });
    fc.assert(
      fc.property(cuts, (places) => {
        const parser = new EventParser();
        const borders = [0, ...places.sort((a, b) => a - b), STREAM.length];
        const found = borders.slice(1).flatMap((end, index) => parser.push(STREAM.slice(borders[index], end)));
        expect(found).toEqual(EVENTS);
      }),
    );
  });

  it('keeps an event that is not complete to itself', () => {
    const parser = new EventParser();
    expect(parser.push('data: half')).toEqual([]);
    expect(parser.push('\n\n')).toEqual([{ event: 'message', data: 'half', id: null }]);
  });
});
