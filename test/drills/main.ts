import { parseArgs } from 'node:util';
import { drillAa } from './aa-drill.js';
import { ABORT_SETTINGS, drillAborts } from './aborts-drill.js';
import { drillCrowd } from './crowd-drill.js';
import { drillDrain } from './drain-drill.js';
import type { DrillResult, Tell } from './drill.js';
import { drillFuzz, FUZZED } from './fuzz-drill.js';
import { runsOn, type Run } from './drilled-generator.js';
import { drillSwaps, SWAPPED_VERSIONS } from './swaps-drill.js';

const USAGE = `Usage: npm run drill -- aborts|fuzz|swaps|drain|crowd|aa [options]

Runs a generator with untrained versions on a database of its own, does something to it, and says whether it bore it.

  --preset small|intermediate|medium   sizes of the versions (default small)
  --seed N                             what is random (default 1)
  --clients N                          clients at the same time (aborts 256, swaps 32, drain 32, crowd 1000)
  --stream                             swaps and crowd: with streams
  aborts:  --requests N (default 10000) clients that go away at random moments
  fuzz:    --requests N (default 100000) random requests
  swaps:   --seconds N (default 60) with another version each second; --requests N (default 2000) texts are replayed;
           --versions N (default 5): up to 3 stay in memory, so that no swap loads one
  drain:   --requests N (default 10) times SIGTERM under load
  crowd:   --seconds N (default 60)
  aa:      --requests N (default 100) releases of a version that is the same, by real requests; --clients N (default 6)
  --json                               the result as one JSON object

The exit code is 0 when the server bore it.
`;

interface Options {
  readonly preset: string;
  readonly seed: number;
  readonly stream: boolean;
  readonly tell: Tell;
  /** What was given on the command line, or what this drill takes. */
  readonly clients: (fallback: number) => number;
  readonly requests: (fallback: number) => number;
  readonly seconds: (fallback: number) => number;
  readonly versions: (fallback: number) => number;
}

/** One drill: runs what it needs, too. */
type Drill = (options: Options, run: Run) => Promise<DrillResult>;

const DRILLS: Readonly<Record<string, Drill>> = {
  aborts: (options, run) =>
    run({ settings: ABORT_SETTINGS }, (server) =>
      drillAborts(server, { ...options, aborts: options.requests(10_000), clients: options.clients(256) }),
    ),
  fuzz: (options, run) =>
    run(FUZZED, (server) => drillFuzz(server, { ...options, requests: options.requests(100_000), judgesGrowth: true })),
  swaps: (options, run) =>
    run({ versions: options.versions(SWAPPED_VERSIONS) }, (server) =>
      drillSwaps(server, {
        ...options,
        seconds: options.seconds(60),
        clients: options.clients(32),
        swapEveryMs: 1_000,
        replays: options.requests(2_000),
        judgesSpeed: true,
      }),
    ),
  drain: (options, run) => drillDrain(run, { ...options, rounds: options.requests(10), clients: options.clients(32) }),
  aa: (options, run) =>
    drillAa(run, { ...options, releases: options.requests(100), clients: options.clients(6), lanes: 2 }),
  crowd: (options, run) =>
    run({}, (server) =>
      drillCrowd(server, {
        ...options,
        clients: options.clients(1_000),
        seconds: options.seconds(60),
        judgesSpeed: true,
      }),
    ),
};

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      preset: { type: 'string', default: 'small' },
      seed: { type: 'string', default: '1' },
      clients: { type: 'string' },
      requests: { type: 'string' },
      seconds: { type: 'string' },
      versions: { type: 'string' },
      stream: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const drill = Object.hasOwn(DRILLS, positionals[0] ?? '') ? DRILLS[positionals[0] ?? ''] : undefined;
  if (values.help || drill === undefined || positionals.length > 1) {
    process.stdout.write(USAGE);
    return values.help ? 0 : 2;
  }
  const given = (name: 'clients' | 'requests' | 'seconds' | 'versions') => (fallback: number) =>
    values[name] === undefined ? fallback : wholeNumber(name, values[name]);
  const options: Options = {
    preset: values.preset,
    seed: wholeNumber('seed', values.seed),
    stream: values.stream,
    tell: (line) => void process.stderr.write(`${line}\n`),
    clients: given('clients'),
    requests: given('requests'),
    seconds: given('seconds'),
    versions: given('versions'),
  };
  const { facts, failures } = await drill(options, runsOn({ preset: options.preset }));
  const name = positionals[0] ?? '';
  process.stdout.write(
    values.json
      ? `${JSON.stringify({ drill: name, seed: options.seed, ...facts, failures })}\n`
      : `${name}: ${JSON.stringify(facts, null, 2)}\n${failures.length === 0 ? 'passed' : `FAILED\n${failures.join('\n')}`}\n`,
  );
  return failures.length === 0 ? 0 : 1;
}

function wholeNumber(name: string, text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new TypeError(`--${name} must be a whole number, not "${text}".`);
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 2;
}
