import { Logger } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { setTimeout as delay } from 'node:timers/promises';
import { CodedError, isCodedError } from '#errors';
import { ServiceState } from './service-state.js';

/** Where a service listens, and how long it may take to stop. */
export interface ListenOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Requests that still run this long after SIGTERM are cut off. */
  readonly stopDeadlineMs?: number;
  /** For so long after SIGTERM it still takes requests, and only says that it is not ready. */
  readonly stopDelayMs?: number;
}

const STOP_DEADLINE_MS = 25_000;
/** After connections were cut, what is left to do is closing files and pools. */
const CLOSE_DEADLINE_MS = 5_000;

/**
 * Listens, and stops on SIGTERM or SIGINT: says that it is not ready, takes no new connections after the delay, finishes what runs within the deadline, exits with 0.
 * A second signal cuts what runs at once.
 *
 * @returns the URL that the service answers at
 * @throws port_in_use when another process listens there
 */
export async function runService(app: NestFastifyApplication, options: ListenOptions): Promise<string> {
  const url = await listen(app, options);
  new Logger('Listen').log({ msg: 'listening', url });
  let stopping = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stopping) cutConnections(app);
    else void stop(app, signal, options);
    stopping = true;
  };
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  return url;
}

/** Prints why a service could not start, one line where the reason was foreseen, and exits with 1. */
export function exitWithError(error: unknown): never {
  const text = isCodedError(error)
    ? `${error.code}: ${error.message}`
    : error instanceof Error
      ? error.stack
      : String(error);
  process.stderr.write(`${text}\n`);
  process.exit(1);
}

async function listen(app: NestFastifyApplication, { host, port }: ListenOptions): Promise<string> {
  try {
    await app.listen(port, host);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
      throw new CodedError(
        'port_in_use',
        `Port ${port} on ${host} is used by another process. Stop it, or choose another port.`,
        { cause: error },
      );
    }
    throw error;
  }
  return await app.getUrl();
}

async function stop(app: NestFastifyApplication, signal: NodeJS.Signals, options: ListenOptions): Promise<void> {
  const { stopDeadlineMs: deadlineMs = STOP_DEADLINE_MS, stopDelayMs = 0 } = options;
  const logger = new Logger('Stop');
  app.get(ServiceState).beginStop();
  if (stopDelayMs > 0) {
    logger.log(`${signal}: not ready any more, taking requests for another ${stopDelayMs / 1000} s`);
    await delay(stopDelayMs);
  }
  logger.log(`${signal}: taking no new connections, finishing what runs within ${deadlineMs / 1000} s`);
  const cut = setTimeout(() => {
    logger.warn('The deadline passed; cutting the connections that are left');
    cutConnections(app);
    setTimeout(() => process.exit(1), CLOSE_DEADLINE_MS).unref();
  }, deadlineMs);
  try {
    await app.close();
    process.exit(0);
  } catch (error) {
    logger.error(error);
    process.exit(1);
  } finally {
    clearTimeout(cut);
  }
}

function cutConnections(app: NestFastifyApplication): void {
  app.getHttpServer().closeAllConnections();
}
