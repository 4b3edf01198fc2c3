import type { IncomingMessage, ServerResponse } from 'node:http';
import { RequestMethod } from '@nestjs/common';
import type { Params } from 'nestjs-pino';
import type { DestinationStream } from 'pino';
import { pino } from 'pino';
import type { Options } from 'pino-http';
import { PinoPretty } from 'pino-pretty';
import { requestIdOf } from './request-id.js';
import { addedToRequestLog } from './request-log.js';

/** How a service logs. */
export interface LoggingOptions {
  /** Name of the service, on every line. */
  readonly name: string;
  /** A pino level: `trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent`. */
  readonly level: string;
  /** `json` for machines, `pretty` for a terminal. */
  readonly format: 'json' | 'pretty';
  /** Lets through what users wrote and were answered, where something logs it. */
  readonly showTexts?: boolean;
}

/** Probes and scrapes come every few seconds; a line for each of them buries the rest. */
const QUIET_PATHS = new Set(['/health', '/health/live', '/health/ready', '/metrics']);

/** Fields that must never reach a log, wherever someone puts them. */
const SECRETS = ['authorization', 'key'];
/** What users wrote or were answered: only where a setting asks for it. */
const TEXTS = ['prompt', 'prompts', 'text', 'texts'];

/**
 * Parameters for `nestjs-pino`: one line per request with its id, route and status; no headers, no query and no body,
 * because those hold keys and texts.
 */
export function loggerParams(
  options: LoggingOptions,
  destination: DestinationStream = destinationFor(options),
): Params {
  const redacted = options.showTexts === true ? SECRETS : [...SECRETS, ...TEXTS];
  const http: Options = {
    name: options.name,
    level: options.level,
    redact: { paths: redacted.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]), censor: '[redacted]' },
    genReqId: (request) => requestIdOf(request),
    quietReqLogger: true,
    autoLogging: { ignore: (request) => QUIET_PATHS.has(pathOf(request)) },
    customLogLevel: (_request, response, error) =>
      error !== undefined || response.statusCode >= 500 ? 'error' : 'info',
    customSuccessObject: (request, response, value: object) => ({ ...value, ...lineOf(request, response) }),
    customErrorObject: (request, response, _error, value: object) => ({ ...value, ...lineOf(request, response) }),
    serializers: { req: () => undefined, res: () => undefined },
  };
  // The library's own default path, "{/*splat}", matches nothing with the middleware engine of Fastify.
  return { pinoHttp: [http, destination], forRoutes: [{ path: '/*splat', method: RequestMethod.ALL }] };
}

function lineOf(request: IncomingMessage, response: ServerResponse): object {
  return {
    method: request.method,
    path: pathOf(request),
    status: response.statusCode,
    ...addedToRequestLog(request),
  };
}

function pathOf(request: IncomingMessage): string {
  // Middleware of the framework rewrites `url`; `originalUrl` is what the client asked for.
  const url =
    'originalUrl' in request && typeof request.originalUrl === 'string' ? request.originalUrl : (request.url ?? '/');
  return url.split('?', 1)[0] ?? '/';
}

function destinationFor(options: LoggingOptions): DestinationStream {
  if (options.format === 'json') return pino.destination({ fd: 1, sync: true });
  return PinoPretty({ singleLine: true, ignore: 'pid,hostname,name', translateTime: 'SYS:HH:MM:ss', sync: true });
}
