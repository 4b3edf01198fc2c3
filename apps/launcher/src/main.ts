import { isCodedError } from '#errors';
import { launch } from './launch.js';
import { parseLauncherOptions, USAGE, type LauncherOptions } from './launcher-options.js';
import type { ServiceProcess } from './process/service-process.js';
import { StopRequested } from './process/shutdown.js';
import { Terminal } from './terminal.js';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const EXIT_FORCED = 130;
/** npm passes on the signal that the terminal sent to both: one Ctrl-C can arrive twice. */
const SAME_SIGNAL_MS = 500;

const services: ServiceProcess[] = [];
const terminal = new Terminal(process.stdout);
process.exitCode = await run();
// Nothing that is still open may keep a stopped launcher alive.
process.exit();

async function run(): Promise<number> {
  let options: LauncherOptions;
  try {
    options = parseLauncherOptions(process.argv.slice(2));
  } catch (error) {
    console.error(describe(error));
    return EXIT_USAGE;
  }
  if (options.help) {
    terminal.say(USAGE);
    return 0;
  }
  try {
    await launch({ options, terminal, stop: stopOnSignals(), onStarted: (service) => services.push(service) });
    return 0;
  } catch (error) {
    if (error instanceof StopRequested) {
      terminal.say('Stopped.');
      return 0;
    }
    console.error(describe(error));
    return EXIT_FAILED;
  }
}

/** Aborted at the first signal; the second one kills what still runs. */
function stopOnSignals(): AbortSignal {
  const controller = new AbortController();
  let firstAtMs: number | undefined;
  const onSignal = (): void => {
    if (firstAtMs === undefined) {
      firstAtMs = performance.now();
      controller.abort(new StopRequested());
    } else if (performance.now() - firstAtMs > SAME_SIGNAL_MS) {
      for (const service of services) service.kill();
      // The database ends with this process.
      process.exit(EXIT_FORCED);
    }
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal).on('SIGHUP', onSignal);
  return controller.signal;
}

function describe(error: unknown): string {
  if (isCodedError(error)) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
