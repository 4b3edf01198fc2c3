import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { reservePort } from './reserve-port.js';

const host = '127.0.0.1';
let server: Server | undefined;
afterEach(async () => {
  if (server === undefined) return;
  server.close();
  await once(server, 'close');
  server = undefined;
});

describe('a port', () => {
  it('that is in use is refused with the option that changes it', async () => {
    const port = await occupy(0);
    await expect(reservePort({ host, port, option: '--generator-port' })).rejects.toMatchObject({
      code: 'port_in_use',
      message: `Port ${port} on ${host} is in use by another program. Choose another: npm start -- --generator-port N`,
    });
  });

  it('of 0 becomes a free one that can be listened on', async () => {
    const port = await reservePort({ host, port: 0, option: '--trainer-port' });
    expect(await occupy(port)).toBe(port);
  });

  it('on an address that is not ours is refused', async () => {
    const request = { host: '192.0.2.1', port: 4000, option: '--trainer-port' };
    await expect(reservePort(request)).rejects.toMatchObject({ code: 'port_in_use' });
  });
});

async function occupy(port: number): Promise<number> {
  server = createServer().listen(port, host);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
