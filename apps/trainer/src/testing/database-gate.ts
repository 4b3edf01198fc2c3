import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A way to a database that can be shut: then its connections break and new ones are refused, as when the server is gone. */
export class DatabaseGate {
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly target: URL,
    private server: Server,
    private readonly port: number,
  ) {}

  static async open(connectionString: string): Promise<DatabaseGate> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const gate = new DatabaseGate(new URL(connectionString), server, (server.address() as AddressInfo).port);
    gate.pass(server);
    return gate;
  }

  /** The database through the gate. */
  get connectionString(): string {
    const url = new URL(this.target);
    url.host = `127.0.0.1:${this.port}`;
    return url.href;
  }

  async shut(): Promise<void> {
    if (!this.server.listening) return;
    const closed = once(this.server, 'close');
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  async reopen(): Promise<void> {
    this.server = createServer();
    this.pass(this.server);
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
  }

  private pass(server: Server): void {
    server.on('connection', (client: Socket) => {
      const database = connect(Number(this.target.port || '5432'), this.target.hostname);
      for (const [from, to] of [
        [client, database],
        [database, client],
      ] as const) {
        this.sockets.add(from);
        from.on('error', () => undefined);
        from.on('close', () => {
          this.sockets.delete(from);
          to.destroy();
        });
        from.pipe(to);
      }
    });
  }
}
