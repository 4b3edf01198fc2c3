import { describe, expect, it } from 'vitest';
import { parseQuery } from './parse-query.js';

const plain = (text: string): unknown => JSON.parse(JSON.stringify(parseQuery(text)));

describe('a query', () => {
  it('is an object of texts, and of lists where a name comes twice', () => {
    expect(plain('')).toEqual({});
    expect(plain('limit=2&after=file-x&flag&a=1&a=2')).toEqual({
      limit: '2',
      after: 'file-x',
      flag: '',
      a: ['1', '2'],
    });
    expect(plain('q=a%20b%26c+d')).toEqual({ q: 'a b&c d' });
  });

  it('has objects where names have members, also percent-encoded', () => {
    const expected = { metadata: { team: 'a', 'cost centre': '7' }, limit: '1' };
    expect(plain('metadata[team]=a&metadata[cost%20centre]=7&limit=1')).toEqual(expected);
    expect(plain('metadata%5Bteam%5D=a&limit=1&metadata%5Bcost+centre%5D=7')).toEqual(expected);
  });

  it('leaves names alone that are no member of anything', () => {
    expect(plain('[x]=1&a[b][c]=2&a]=3')).toEqual({ '[x]': '1', 'a[b][c]': '2', 'a]': '3' });
  });

  it('gives no name a meaning: prototypes stay what they are', () => {
    const query = parseQuery('__proto__[polluted]=1&constructor[prototype]=1&a[__proto__]=1');
    expect(Object.keys(query)).toEqual(['__proto__', 'constructor', 'a']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});
