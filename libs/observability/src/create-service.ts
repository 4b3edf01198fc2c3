import type { ServerOptions } from 'node:http';
import helmet from '@fastify/helmet';
import type { DynamicModule, NestApplicationOptions, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Logger } from 'nestjs-pino';
import { answerClientError, answerFrameworkError } from './answer-framework-error.js';
import { setUpApiDocs, type ApiDocsOptions } from './api-docs.js';
import { closeUnusedConnections } from './close-unused-connections.js';
import type { ObservabilityOptions } from './observability-options.js';
import { ObservabilityModule } from './observability.module.js';
import { parseQuery } from './parse-query.js';
import { requestIdOf } from './request-id.js';
import { ServiceMetrics } from './service-metrics.js';
import { timeBodies } from './time-bodies.js';
import { traceRequests } from './tracing/trace-requests.js';
import { Tracing } from './tracing/tracing.js';

/** What {@link createService} needs besides the module of the service. */
export interface ServiceOptions extends ObservabilityOptions {
  readonly docs: ApiDocsOptions;
  /** How long a client may take to send a request, head and body; 0 sets no limit, as for a service that takes large files. */
  readonly requestTimeoutMs?: number;
  /** Paths whose bodies may take as long as they take, because they are handed on to another service. */
  readonly untimedPaths?: readonly string[];
}

/** How often Node looks for requests that take too long to arrive. */
const LONGEST_TIMEOUT_CHECK_MS = 5_000;

/** Without scripts from elsewhere; styles inline, because the API page sets some. `http:` stays usable. */
const CONTENT_SECURITY_POLICY = {
  directives: { styleSrc: ["'self'", "'unsafe-inline'"], upgradeInsecureRequests: null },
};

const NEST_OPTIONS: Pick<NestApplicationOptions, 'bodyParser' | 'bufferLogs' | 'abortOnError'> = {
  bodyParser: false,
  bufferLogs: true,
  abortOnError: false,
};

/**
 * A Nest application on Fastify that answers, logs, measures and guards the way both services do; not listening yet.
 *
 * The caller owns it: `runService` listens and stops it, a test calls `init()` or `listen(0)` and `close()`.
 *
 * @example
 * const app = await createService(TrainerModule.forRoot(config), { logging, maxBodyBytes, verifyApiKey, docs });
 * await runService(app, { host: '127.0.0.1', port: 4100 });
 */
export async function createService(
  module: Type | DynamicModule,
  options: ServiceOptions,
): Promise<NestFastifyApplication> {
  const { requestTimeoutMs = 0, untimedPaths = [] } = options;
  // Node has one limit for all requests; where it is not for all of them, bodies are timed here and heads by Node.
  const nodeTimeoutMs = untimedPaths.length === 0 ? requestTimeoutMs : 0;
  const tracing = await startTracing(options);
  const adapter = new FastifyAdapter({
    requestTimeout: nodeTimeoutMs,
    http: requestTimeoutMs === 0 ? {} : { ...timeoutSettings(requestTimeoutMs), requestTimeout: nodeTimeoutMs },
    bodyLimit: options.maxBodyBytes,
    genReqId: requestIdOf,
    requestIdHeader: false,
    // Requests that arrive on an open connection while the server stops are finished like those before them.
    return503OnClosing: false,
    routerOptions: { maxParamLength: 256, querystringParser: parseQuery },
    frameworkErrors: answerFrameworkError,
    clientErrorHandler: answerClientError,
  });
  prepareFastify(adapter);
  if (nodeTimeoutMs < requestTimeoutMs) timeBodies(adapter.getInstance(), requestTimeoutMs, untimedPaths);
  const app = await NestFactory.create<NestFastifyApplication>(
    ObservabilityModule.forRoot(options, module, tracing),
    adapter,
    NEST_OPTIONS,
  );
  app.useLogger(app.get(Logger));
  app.get(ServiceMetrics).observe(adapter.getInstance());
  if (tracing !== null) traceRequests(adapter.getInstance(), tracing.tracer);
  await app.register(helmet, { contentSecurityPolicy: CONTENT_SECURITY_POLICY });
  setUpApiDocs(app, options.docs);
  return app;
}

function startTracing({ tracing, logging, docs }: ServiceOptions): Promise<Tracing> | null {
  if (tracing === undefined || tracing.endpoint === null) return null;
  const { endpoint, sampleShare } = tracing;
  return Tracing.start({ endpoint, sampleShare, service: logging.name, version: docs.version });
}

/** Node heeds the limit for a request only where the one for its head is not larger. */
function timeoutSettings(requestTimeoutMs: number): ServerOptions {
  return {
    headersTimeout: requestTimeoutMs,
    requestTimeout: requestTimeoutMs,
    connectionsCheckingInterval: Math.min(requestTimeoutMs, LONGEST_TIMEOUT_CHECK_MS),
  };
}

function prepareFastify(adapter: FastifyAdapter): void {
  const fastify = adapter.getInstance();
  closeUnusedConnections(fastify);
  fastify.decorateRequest('apiKey', null);
  const parseJson = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    // Clients send the header with an empty body where none is needed. Where one is, validation names the missing field.
    if (body.length === 0) done(null, undefined);
    else void parseJson(request, body.toString(), done);
  });
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id);
    done();
  });
  fastify.addHook('onSend', (_request, reply, payload, done) => {
    void reply.header('openai-processing-ms', String(Math.round(reply.elapsedTime)));
    done(null, payload);
  });
}
