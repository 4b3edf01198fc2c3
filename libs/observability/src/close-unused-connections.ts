import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/**
 * Lets a server close as soon as it has answered what it was asked.
 *
 * Node, told to close, closes the connections that are idle at that moment. It goes on waiting for those that become
 * idle later, and for those that clients and load balancers opened ahead of need and never used. Answers say that their
 * connection ends, so that no client sends a request into one that is being closed.
 */
export function closeUnusedConnections(fastify: FastifyInstance): void {
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
  fastify.addHook('onRequest', (_request, reply, done) => {
    if (closing) void reply.header('connection', 'close');
    done();
  });
  fastify.addHook('onSend', (_request, reply, payload, done) => {
    // Otherwise a client would send its next request just as the connection is closed.
    if (closing) void reply.header('connection', 'close');
    done(null, payload);
  });
  fastify.addHook('onResponse', (_request, _reply, done) => {
    // Only after this turn does the connection count as idle.
    if (closing) setImmediate(() => fastify.server.closeIdleConnections());
    done();
  });
}
