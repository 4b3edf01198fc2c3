import { anyBody, anyValue, type Dice } from './random-values.js';

/** Bytes to send to a server, how, and what may be expected of it. */
export interface RandomRequest {
  /** For the report. */
  readonly kind: string;
  readonly pieces: readonly Buffer[];
  /** Milliseconds between two pieces. */
  readonly pauseMs: number;
  /** What the client does after the last piece: waits, closes its side, or breaks the connection off. */
  readonly end: 'wait' | 'half-close' | 'break off';
  /** Whether a server must answer: the request is complete, and the client waits. */
  readonly mustBeAnswered: boolean;
  /** Whether a success must have the shape of a completion. */
  readonly isCompletion: boolean;
}

const PATHS = [
  '/v1/completions/',
  '/v1/completions?n=1&n=2&%zz=1',
  '/v1/completions/%00',
  '/v1/completion',
  '/%zz',
  '//',
  '/v1/models',
  `/v1/models/${'x'.repeat(400)}`,
  '/v1/models/%F0%28',
  '/tokenize',
  '/detokenize',
  '/v1/admin/deployments/production',
  '*',
];
const METHODS = ['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'POST', 'PROPFIND'];
const TYPES = [
  'application/json; charset=utf-16',
  'application/JSON',
  'text/plain',
  'multipart/form-data; boundary=x',
  'application/x-www-form-urlencoded',
  ';;;',
  '',
];
const ODD_FIELDS = [
  'content-encoding: gzip',
  'expect: 100-continue',
  'accept: text/html',
  'x-request-id: ' + 'a'.repeat(500),
  'x-request-id: \u00e9\u00fc',
  'authorization: Bearer sk-wrong',
  'authorization: Basic AAAA',
  'cookie: ' + 'a=b; '.repeat(500),
  'x-long: ' + 'y'.repeat(20_000),
  'upgrade: websocket\r\nconnection: upgrade',
  'range: bytes=0-5',
  'if-none-match: *',
];
const GARBAGE = [
  '\r\n\r\n',
  'SSH-2.0-OpenSSH_9\r\n',
  'GET\r\n\r\n',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  '\u0016\u0003\u0001',
];

interface Head {
  readonly method?: string;
  readonly path?: string;
  readonly type?: string;
  readonly fields?: readonly string[];
}

/** A generator of requests to a server with this key. */
export class RandomRequests {
  constructor(
    private readonly dice: Dice,
    private readonly key: string,
  ) {}

  next(): RandomRequest {
    const roll = this.dice.below(100);
    if (roll < 50) return this.#whole('fields', Buffer.from(JSON.stringify(anyBody(this.dice))));
    if (roll < 65) return this.#whole('mutated', this.#mutated(Buffer.from(JSON.stringify(anyBody(this.dice)))));
    if (roll < 68) return this.#whole('other JSON', Buffer.from(JSON.stringify(anyValue(this.dice))));
    if (roll < 78) return this.#head();
    if (roll < 86) return this.#chunked();
    if (roll < 90) return this.#slow();
    return this.#broken();
  }

  #whole(kind: string, body: Buffer): RandomRequest {
    return { ...WHOLE, kind, pieces: [Buffer.concat([this.#headOf(body.length), body])] };
  }

  /** A method, a path, a type or header fields that are not the usual ones. */
  #head(): RandomRequest {
    const { dice } = this;
    const body = Buffer.from(JSON.stringify(anyBody(dice)));
    const head: Head = {
      ...(dice.chance(0.3) ? { method: dice.pick(METHODS) } : {}),
      ...(dice.chance(0.5) ? { path: dice.pick(PATHS) } : {}),
      ...(dice.chance(0.3) ? { type: dice.pick(TYPES) } : {}),
      fields: dice.some(ODD_FIELDS, 0.1),
    };
    const pieces = [Buffer.concat([this.#headOf(body.length, head), body])];
    return { ...WHOLE, kind: 'head', pieces, isCompletion: false };
  }

  /** A body in chunks, whose borders fall anywhere. */
  #chunked(): RandomRequest {
    let rest = Buffer.from(JSON.stringify(anyBody(this.dice)));
    const parts: Buffer[] = [];
    for (let cuts = this.dice.below(5); cuts >= 0 && rest.length > 0; cuts--) {
      const size = cuts === 0 ? rest.length : 1 + this.dice.below(rest.length);
      parts.push(Buffer.from(`${size.toString(16)}\r\n`), rest.subarray(0, size), Buffer.from('\r\n'));
      rest = rest.subarray(size);
    }
    const pieces = [this.#headOf(null), ...parts, Buffer.from('0\r\n\r\n')];
    return { ...WHOLE, kind: 'chunked', pieces };
  }

  /** Head and body come in small pieces, as over a bad line. */
  #slow(): RandomRequest {
    const body = Buffer.from(JSON.stringify(anyBody(this.dice)).slice(0, 5_000));
    const bytes = Buffer.concat([this.#headOf(body.length), body]);
    const size = Math.ceil(bytes.length / (2 + this.dice.below(8)));
    const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
      bytes.subarray(at * size, (at + 1) * size),
    );
    return { ...WHOLE, kind: 'slow', pieces, pauseMs: 1 + this.dice.below(30) };
  }

  /** Not HTTP, not all of it, or more than was said; or the client closes its side, or goes away. */
  #broken(): RandomRequest {
    const { dice } = this;
    const body = Buffer.from(JSON.stringify(anyBody(dice)));
    const end = dice.pick(['half-close', 'break off'] as const);
    const broken = { ...WHOLE, end, mustBeAnswered: false, isCompletion: false };
    switch (dice.below(5)) {
      case 0:
        return { ...broken, kind: 'garbage', pieces: [Buffer.from(dice.pick(GARBAGE), 'latin1')] };
      case 1:
        return { ...broken, kind: 'cut', pieces: [this.#headOf(body.length + 1 + dice.below(1e6)), body] };
      case 2:
        return { ...broken, kind: 'too much', pieces: [this.#headOf(dice.below(body.length)), body] };
      case 3:
        return { ...broken, kind: 'cut head', pieces: [this.#headOf(body.length).subarray(0, dice.below(100))] };
      default:
        return { ...broken, kind: end, pieces: [Buffer.concat([this.#headOf(body.length), body])] };
    }
  }

  #headOf(size: number | null, head: Head = {}): Buffer {
    const lines = [
      `${head.method ?? 'POST'} ${head.path ?? '/v1/completions'} HTTP/1.1`,
      'host: 127.0.0.1',
      `authorization: Bearer ${this.key}`,
      `content-type: ${head.type ?? 'application/json'}`,
      size === null ? 'transfer-encoding: chunked' : `content-length: ${size}`,
      ...(head.fields ?? []),
    ];
    return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  }

  /** A few bytes changed, taken out or put in. */
  #mutated(bytes: Buffer): Buffer {
    let mutated = bytes;
    for (let changes = 1 + this.dice.below(4); changes > 0 && mutated.length > 0; changes--) {
      const at = this.dice.below(mutated.length);
      const [before, after] = [mutated.subarray(0, at), mutated.subarray(at)];
      const inserted = Buffer.from([this.dice.below(256)]);
      if (this.dice.chance(0.1)) mutated = before;
      else if (this.dice.chance(0.4)) mutated = Buffer.concat([before, inserted, after]);
      else if (this.dice.chance(0.5)) mutated = Buffer.concat([before, inserted, after.subarray(1)]);
      else mutated = Buffer.concat([before, after.subarray(1)]);
    }
    return mutated;
  }
}

const WHOLE = { pauseMs: 0, end: 'wait', mustBeAnswered: true, isCompletion: true } as const;
