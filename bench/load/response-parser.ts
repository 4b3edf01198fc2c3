/** Told of the parts of a response as they come. */
export interface ResponseListener {
  /** @param fields the header lines as they came, without the status line */
  onHead(status: number, fields: string): void;
  /** Bytes of the body, valid until the call returns. */
  onBody(bytes: Buffer): void;
}

const HEAD_END = '\r\n\r\n';
const LINE_END = '\r\n';
/** Of a chunked body: its framing is read, or its bytes are taken as they are. */
type Stage = 'head' | 'sized' | 'chunk size' | 'chunk' | 'chunk end' | 'trailer' | 'until close' | 'done';

/**
 * Reads one HTTP/1.1 response after another from the bytes of a connection, however they are cut.
 *
 * It exists because a load generator shares the machine with the server that it measures: Node's own client costs several
 * times as much per request. It understands what servers answer to a POST or GET: sized, chunked, and ended by closing.
 */
export class ResponseParser {
  #stage: Stage = 'head';
  #held: Buffer | null = null;
  #left = 0;
  #keepsAlive = true;

  constructor(private readonly listener: ResponseListener) {}

  /** Whether the response is complete and the connection may carry another one. */
  get keepsAlive(): boolean {
    return this.#keepsAlive;
  }

  /** Makes ready for the next response. */
  reset(): void {
    this.#stage = 'head';
    this.#held = null;
    this.#keepsAlive = true;
  }

  /**
   * Takes bytes in; they are not kept.
   * @returns whether the response is complete
   * @throws Error for what is not HTTP
   */
  push(bytes: Buffer): boolean {
    let rest = this.#held === null ? bytes : Buffer.concat([this.#held, bytes]);
    this.#held = null;
    while (this.#stage !== 'done') {
      const next = this.#step(rest);
      if (next === null) {
        if (rest.length > 0) this.#held = Buffer.from(rest);
        return false;
      }
      rest = next;
    }
    if (rest.length > 0) throw new Error(`The server sent ${rest.length} bytes after the end of its response.`);
    return true;
  }

  /**
   * The server closed its side.
   * @returns whether that completes the response
   */
  end(): boolean {
    return this.#stage === 'done' || this.#stage === 'until close';
  }

  /** What is left of `bytes` after one piece of the response, or `null` when the piece is not complete yet. */
  #step(bytes: Buffer): Buffer | null {
    switch (this.#stage) {
      case 'head':
        return this.#readHead(bytes);
      case 'sized':
        return this.#readBody(bytes, 'done');
      case 'chunk':
        return this.#readBody(bytes, 'chunk end');
      case 'chunk size': {
        const line = this.#readLine(bytes);
        if (line === null) return null;
        this.#left = Number.parseInt(line.text, 16);
        if (!(this.#left >= 0)) throw new Error(`"${line.text}" is not the size of a chunk.`);
        this.#stage = this.#left === 0 ? 'trailer' : 'chunk';
        return line.rest;
      }
      case 'chunk end': {
        const line = this.#readLine(bytes);
        if (line === null) return null;
        this.#stage = 'chunk size';
        return line.rest;
      }
      case 'trailer': {
        const line = this.#readLine(bytes);
        if (line === null) return null;
        if (line.text === '') this.#stage = 'done';
        return line.rest;
      }
      case 'until close':
        if (bytes.length > 0) this.listener.onBody(bytes);
        return bytes.length > 0 ? bytes.subarray(bytes.length) : null;
      case 'done':
        return bytes;
    }
  }

  #readHead(bytes: Buffer): Buffer | null {
    const end = bytes.indexOf(HEAD_END);
    if (end < 0) return null;
    const head = bytes.toString('latin1', 0, end);
    const status = /^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1];
    if (status === undefined) throw new Error(`The answer is not HTTP/1.1: ${JSON.stringify(head.slice(0, 80))}`);
    const rest = bytes.subarray(end + HEAD_END.length);
    // An interim answer such as "100 Continue"; the real one follows.
    if (status.startsWith('1')) return rest;
    const fields = head.slice(head.indexOf(LINE_END) + LINE_END.length);
    const length = fieldOf(fields, 'content-length');
    this.#keepsAlive = fieldOf(fields, 'connection')?.toLowerCase() !== 'close' && head.startsWith('HTTP/1.1');
    if (fieldOf(fields, 'transfer-encoding') !== null) this.#stage = 'chunk size';
    else if (status === '204' || status === '304' || length === '0') this.#stage = 'done';
    else if (length !== null) [this.#stage, this.#left] = ['sized', Number(length)];
    else [this.#stage, this.#keepsAlive] = ['until close', false];
    this.listener.onHead(Number(status), fields);
    return rest;
  }

  #readBody(bytes: Buffer, next: Stage): Buffer | null {
    if (bytes.length === 0) return null;
    const size = Math.min(this.#left, bytes.length);
    this.listener.onBody(bytes.subarray(0, size));
    this.#left -= size;
    if (this.#left === 0) this.#stage = next;
    return bytes.subarray(size);
  }

  #readLine(bytes: Buffer): { readonly text: string; readonly rest: Buffer } | null {
    const end = bytes.indexOf(LINE_END);
    if (end < 0) return null;
    return { text: bytes.toString('latin1', 0, end), rest: bytes.subarray(end + LINE_END.length) };
  }
}

/** The value of a header field, or `null` when it was not sent. */
export function fieldOf(fields: string, name: string): string | null {
  for (const line of fields.split(LINE_END)) {
    if (line.length > name.length && line[name.length] === ':' && line.slice(0, name.length).toLowerCase() === name)
      return line.slice(name.length + 1).trim();
  }
  return null;
}
