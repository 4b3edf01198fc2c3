import { connect, type Socket } from 'node:net';
import { ResponseParser, type ResponseListener } from './response-parser.js';

/** Bytes that one read takes at most. */
const READ_BYTES = 16_384;

/** Why a request got no complete answer. */
export class ConnectionFailure extends Error {
  /** @param reason such as `ECONNRESET` or `closed`, to count failures by */
  constructor(
    readonly reason: string,
    cause?: unknown,
  ) {
    super(`The connection failed: ${reason}.`, { cause });
  }
}

/**
 * A connection that carries one request after another and is opened again where the server closed it.
 *
 * Must be {@link close}d.
 */
export class Connection {
  #socket: Socket | null = null;
  #listener: ResponseListener | null = null;
  #settle: { readonly done: () => void; readonly fail: (error: Error) => void } | null = null;
  readonly #parser = new ResponseParser({
    onHead: (status, fields) => this.#listener?.onHead(status, fields),
    onBody: (bytes) => this.#listener?.onBody(bytes),
  });
  readonly #readBuffer = Buffer.allocUnsafe(READ_BYTES);

  constructor(
    private readonly host: string,
    private readonly port: number,
  ) {}

  /**
   * Sends a request and resolves when its response is complete.
   * @throws ConnectionFailure when there is none
   */
  exchange(request: string | Uint8Array, listener: ResponseListener): Promise<void> {
    if (this.#settle !== null) throw new Error('The connection is busy.');
    this.#listener = listener;
    this.#parser.reset();
    const socket = (this.#socket ??= this.#open());
    return new Promise((resolve, reject) => {
      this.#settle = { done: resolve, fail: reject };
      socket.write(request);
    });
  }

  /** Breaks the connection off, as a client that goes away does; a request under way fails with the reason `aborted`. */
  abort(): void {
    const socket = this.#socket;
    this.#socket = null;
    socket?.destroy();
    this.#fail('aborted');
  }

  close(): void {
    this.abort();
  }

  #open(): Socket {
    const socket = connect({
      host: this.host,
      port: this.port,
      noDelay: true,
      onread: {
        buffer: this.#readBuffer,
        callback: (size, buffer) => {
          if (this.#socket === socket) this.#read(Buffer.from(buffer.buffer, buffer.byteOffset, size));
          return true;
        },
      },
    });
    const gone = (reason: string, cause?: unknown): void => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      socket.destroy();
      if (reason === 'closed' && this.#settle !== null && this.#parser.end()) this.#done();
      else this.#fail(reason, cause);
    };
    socket.on('error', (error: NodeJS.ErrnoException) => gone(error.code ?? error.message, error));
    socket.on('end', () => gone('closed'));
    socket.on('close', () => gone('closed'));
    return socket;
  }

  #read(bytes: Buffer): void {
    try {
      if (this.#settle === null) throw new Error('The server sent bytes that nobody asked for.');
      if (!this.#parser.push(bytes)) return;
    } catch (error) {
      this.#socket?.destroy();
      this.#socket = null;
      this.#fail('not HTTP', error);
      return;
    }
    if (!this.#parser.keepsAlive) {
      this.#socket?.destroy();
      this.#socket = null;
    }
    this.#done();
  }

  #done(): void {
    const settle = this.#settle;
    this.#settle = null;
    settle?.done();
  }

  #fail(reason: string, cause?: unknown): void {
    const settle = this.#settle;
    this.#settle = null;
    settle?.fail(new ConnectionFailure(reason, cause));
  }
}
