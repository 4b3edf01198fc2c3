import type { IncomingMessage } from 'node:http';
import { SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api';
import type { FastifyInstance } from 'fastify';
import { addToRequestLog } from '../request-log.js';
import { parentFrom } from './trace-parent.js';
import { TraceScope } from './trace-scope.js';

/** Probes and scrapes tell nothing. */
const UNTRACED = /^\/(health|metrics)(\/|$)/;

const scopes = new WeakMap<IncomingMessage, TraceScope>();

/** Where to put what happens inside of a request; null where it is not traced. */
export function requestTrace(request: IncomingMessage): TraceScope | null {
  return scopes.get(request) ?? null;
}

/** Traces requests from their head to the end of their answer, and goes on with the traces of clients. */
export function traceRequests(fastify: FastifyInstance, tracer: Tracer): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    const route = request.is404 ? 'unmatched' : (request.routeOptions.url ?? 'unmatched');
    if (!UNTRACED.test(route)) {
      const span = tracer.startSpan(
        `${request.method} ${route}`,
        {
          kind: SpanKind.SERVER,
          attributes: {
            'http.request.method': request.method,
            'http.route': route,
            'understudy.request_id': request.id,
          },
        },
        parentFrom(request.headers.traceparent),
      );
      if (span.isRecording()) {
        scopes.set(request.raw, new TraceScope(tracer, span));
        addToRequestLog(request.raw, { traceId: span.spanContext().traceId });
      }
      // Also where the client went away before the end.
      reply.raw.once('close', () => {
        span.setAttribute('http.response.status_code', reply.statusCode);
        if (reply.statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
        span.end();
      });
    }
    done();
  });
}
