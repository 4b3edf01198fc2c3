import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fieldOf, ResponseParser } from './response-parser.js';

interface Read {
  status: number;
  fields: string;
  body: string;
}

function parse(pieces: readonly Buffer[]): { read: Read; complete: boolean; parser: ResponseParser } {
  const read = { status: 0, fields: '', body: '' };
  const parser = new ResponseParser({
    onHead: (status, fields) => Object.assign(read, { status, fields }),
    onBody: (bytes) => (read.body += bytes.toString('latin1')),
  });
  let complete = false;
  for (const piece of pieces) complete = parser.push(piece);
  return { read, complete, parser };
}

const RESPONSES: readonly (readonly [string, string, string])[] = [
  ['of a stated length', 'HTTP/1.1 200 OK\r\nContent-Length: 11\r\nx-a: b\r\n\r\nhello there', 'hello there'],
  [
    'in chunks',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nx-a: b\r\n\r\n5\r\nhello\r\nC\r\n there\r\n\r\nyo\r\n0\r\n\r\n',
    'hello there\r\n\r\nyo',
  ],
  ['without a body', 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\nx-a: b\r\n\r\n', ''],
  [
    'after an interim one',
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nx-a: b\r\ncontent-length: 2\r\n\r\nhi',
    'hi',
  ],
];

describe('a response parser', () => {
  it.each(RESPONSES)('reads a response %s, however its bytes are cut', (_what, text, body) => {
    const bytes = Buffer.from(text, 'latin1');
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: bytes.length })), (cuts) => {
        const ends = [...cuts.sort((a, b) => a - b), bytes.length];
        const pieces = ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
        const { read, complete } = parse(pieces);
        expect(read).toMatchObject({ status: 200, body });
        expect(fieldOf(read.fields, 'x-a')).toBe('b');
        expect(complete).toBe(true);
      }),
    );
  });

  it('is not done before the last byte', () => {
    for (const [, text] of RESPONSES) {
      expect(parse([Buffer.from(text.slice(0, -1))]).complete).toBe(false);
    }
  });

  it('reads a body that only the end of the connection ends', () => {
    const { read, complete, parser } = parse([Buffer.from('HTTP/1.1 200 OK\r\n\r\nall of'), Buffer.from(' this')]);
    expect(read.body).toBe('all of this');
    expect(complete).toBe(false);
    expect(parser.end()).toBe(true);
    expect(parser.keepsAlive).toBe(false);
  });

  it('does not take a cut response for a complete one', () => {
    expect(parse([Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhel')]).parser.end()).toBe(false);
  });

  it('says when the connection is not to be used again', () => {
    const closing = 'HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n';
    expect(parse([Buffer.from(closing)]).parser.keepsAlive).toBe(false);
  });

  it.each(['SSH-2.0-OpenSSH\r\n\r\n', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n'])(
    'refuses %j',
    (text) => expect(() => parse([Buffer.from(text)])).toThrow(/not/),
  );
});
