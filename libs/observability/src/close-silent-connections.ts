import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/**
 * Lets a server close while clients hold connections on which they never sent anything.
 *
 * Node closes connections that are idle after a request, and waits for those before their first one; clients and load
 * balancers open such connections ahead of need.
 */
export function closeSilentConnections(fastify: FastifyInstance): void {
  const connections = new Set<Socket>();
  let closing = false;
  fastify.server.on('connection', (socket: Socket) => {
    if (closing) socket.destroy();
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });
  fastify.addHook('preClose', (done) => {
    closing = true;
    for (const socket of connections) if (socket.bytesRead === 0) socket.destroy();
    done();
  });
}
