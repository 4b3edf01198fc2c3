import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const BUCKET = 'models';

/** What we use of s3rver, which comes without types. */
type S3rver = new (options: {
  readonly silent: boolean;
  readonly directory: string;
  readonly allowMismatchedSignatures: boolean;
  readonly configureBuckets: readonly { readonly name: string }[];
}) => {
  configureBuckets(): Promise<unknown>;
  callback(): RequestListener;
  logger: { close(): void; exceptions: { unhandle(): void } };
};

/** Answers a request instead of the server; false lets the server do it. */
type Interception = (request: IncomingMessage, response: ServerResponse) => boolean;

/**
 * A server that speaks S3, with an empty bucket, on a port of its own. It checks no checksum and knows neither the end nor the list
 * of unfinished uploads; `allowMismatchedSignatures` because it takes a `/` in a query for another character than was signed.
 */
export class S3Server {
  /** What stands between client and server, until it is set to null. */
  intercept: Interception | null = null;
  /** Every request so far: method and path. */
  readonly requests: string[] = [];

  private constructor(
    private readonly folder: string,
    private readonly handle: RequestListener,
    private readonly endServer: () => void,
    private server: Server,
    private readonly port: number,
  ) {}

  static async start(): Promise<S3Server> {
    const folder = await mkdtemp(join(tmpdir(), 'understudy-s3-'));
    const Constructor = createRequire(import.meta.url)('s3rver') as S3rver;
    const s3 = new Constructor({
      silent: true,
      directory: folder,
      allowMismatchedSignatures: true,
      configureBuckets: [{ name: BUCKET }],
    });
    await s3.configureBuckets();
    const end = (): void => {
      s3.logger.exceptions.unhandle();
      s3.logger.close();
    };
    const server = createServer();
    const started = new S3Server(folder, s3.callback(), end, server, await listen(server, 0));
    started.#serve(server);
    return started;
  }

  /** What a service needs to use it. */
  get environment(): Readonly<Record<string, string>> {
    return {
      S3_BUCKET: BUCKET,
      S3_PREFIX: 'team/understudy',
      S3_ENDPOINT: `http://127.0.0.1:${this.port}`,
      S3_ACCESS_KEY_ID: 'S3RVER',
      S3_SECRET_ACCESS_KEY: 'S3RVER',
    };
  }

  /** The folder with the objects of the bucket. */
  get objectFolder(): string {
    return join(this.folder, BUCKET, 'team/understudy');
  }

  /** Where it keeps the bytes of an artifact. */
  objectPath(sha256: string): string {
    return join(this.objectFolder, 'blobs', sha256.slice(0, 2), `${sha256}._S3rver_object`);
  }

  /** Breaks every connection and takes no more. */
  async stop(): Promise<void> {
    if (!this.server.listening) return;
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  /** Serves again, at the same address, what it had. */
  async restart(): Promise<void> {
    this.server = createServer();
    this.#serve(this.server);
    await listen(this.server, this.port);
  }

  /** Ends it and removes what it kept. */
  async close(): Promise<void> {
    await this.stop();
    this.endServer();
    await rm(this.folder, { recursive: true, force: true });
  }

  #serve(server: Server): void {
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      this.requests.push(`${request.method ?? ''} ${request.url ?? ''}`);
      if (this.intercept?.(request, response) !== true) this.handle(request, response);
    });
  }
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
