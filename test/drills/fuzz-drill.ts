import type { GeneratorUnderTest } from '../../bench/generator-under-test.js';
import { seededRandom } from '../../bench/seeded-random.js';
import { Failures, type DrillResult, type Tell } from './drill.js';
import { deliver } from './fuzz/deliver.js';
import { judgeDelivery } from './fuzz/judge-delivery.js';
import { RandomRequests, type RandomRequest } from './fuzz/random-request.js';
import { Dice } from './fuzz/random-values.js';
import { judgeLiveMemory, judgeMemory, leftovers, megabytes, ServerWatch } from './server-watch.js';

const COLLECT = new URL('./collect-on-demand.js', import.meta.url).href;

/** A generator in which no request takes long, and which says what memory it needs. */
export const FUZZED = {
  settings: { MAX_COMPLETION_TOKENS: '64', MAX_CHOICES: '16' },
  nodeArguments: ['--expose-gc', '--import', COLLECT],
} as const;

/** How many requests. */
interface FuzzOptions {
  readonly requests: number;
  /** Whether live memory that grows is a failure: only where so many requests come that all code has long been compiled. */
  readonly judgesGrowth: boolean;
  readonly seed: number;
  readonly tell: Tell;
}

const AT_THE_SAME_TIME = 16;
const LOOKS = 20;
/** Of a request that was answered wrongly, for the report. */
const MAX_SHOWN = 400;

/** Random fields, types, sizes and encodings, broken JSON and HTTP, slow and half-closed connections. */
export async function drillFuzz(server: GeneratorUnderTest, options: FuzzOptions): Promise<DrillResult> {
  const { hostname, port } = new URL(server.baseUrl);
  const watch = new ServerWatch(server.baseUrl);
  const failures = new Failures();
  const requests = new RandomRequests(new Dice(seededRandom(options.seed)), server.key);
  const statuses: Record<string, number> = {};
  const kinds: Record<string, number> = {};
  const resident: number[] = [];
  const live: number[] = [];
  const lookEvery = Math.max(1, Math.floor(options.requests / LOOKS));
  let sent = 0;
  const client = async (): Promise<void> => {
    while (sent < options.requests) {
      const number = sent++;
      const request = requests.next();
      const delivery = await deliver(hostname, Number(port), request);
      const status = delivery.failure === null ? String(delivery.status) : `none, ${request.kind}`;
      statuses[status] = (statuses[status] ?? 0) + 1;
      kinds[request.kind] = (kinds[request.kind] ?? 0) + 1;
      const problem = judgeDelivery(request, delivery);
      if (problem !== null) failures.add(`request ${number}, ${shown(request)}: ${problem}`);
      if (number % lookEvery === lookEvery - 1) {
        const { liveBytes } = (await server.ask('collect')) as { liveBytes: number };
        const { residentBytes } = await watch.look();
        live.push(liveBytes);
        resident.push(residentBytes);
        options.tell(
          `${number + 1} requests, ${megabytes(liveBytes)} MB alive, ${megabytes(residentBytes)} MB resident`,
        );
      }
    }
  };
  const before = await watch.idle();
  const start = performance.now();
  await Promise.all(Array.from({ length: AT_THE_SAME_TIME }, client));
  const seconds = (performance.now() - start) / 1000;
  const after = await watch.settled(before);
  for (const leftover of leftovers(before, after)) failures.add(leftover);
  judgeMemory(resident, failures);
  if (options.judgesGrowth) judgeLiveMemory(live, failures);
  return {
    facts: {
      seconds,
      statuses,
      kinds,
      liveMb: live.map(megabytes),
      residentMb: resident.map(megabytes),
      before,
      after,
    },
    failures: failures.list(),
  };
}

function shown({ kind, pieces }: RandomRequest): string {
  const text = Buffer.concat(pieces).toString('latin1');
  const body = text.slice(text.indexOf('\r\n\r\n') + 4);
  const head = kind === 'head' ? `${text.slice(0, text.indexOf('\r\n\r\n'))} ` : '';
  return `${kind} ${JSON.stringify((head + body).slice(0, MAX_SHOWN))}`;
}
