import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { CodedError } from '#errors';

/** A port as the configuration asks for it, and how a person would ask for another. */
export interface PortRequest {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly option: string;
}

/**
 * Finds out that a port can be listened on, before anything is started that would fail on it later.
 *
 * @returns the port; a free one where 0 was asked for
 * @throws port_in_use naming the port and the option that changes it
 */
export async function reservePort({ host, port, option }: PortRequest): Promise<number> {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
    const reason = code === 'EADDRINUSE' ? 'is in use by another program' : `cannot be listened on (${code})`;
    throw new CodedError('port_in_use', `Port ${port} on ${host} ${reason}. Choose another: npm start -- ${option} N`, {
      cause: error,
    });
  } finally {
    if (server.listening) {
      server.close();
      await once(server, 'close');
    }
  }
}
