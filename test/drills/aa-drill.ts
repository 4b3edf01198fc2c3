import { setTimeout as sleep } from 'node:timers/promises';
import type { GeneratorUnderTest } from '../../bench/generator-under-test.js';
import { startReleaseLoad } from '../e2e/release-load.js';
import { Failures, type DrillResult, type Tell } from './drill.js';
import type { Run } from './drilled-generator.js';

interface AaOptions {
  readonly releases: number;
  readonly clients: number;
  /** Generators at the same time, each with a database and a deployment of its own. */
  readonly lanes: number;
  readonly tell: Tell;
}

const POLL_MS = 100;
/** A release that is not decided by then is stuck. */
const PATIENCE_MS = 120_000;
/** Chance of a false rollback of 1%: more than one of a hundred is no bad luck but a fault. */
const TOLERATED_OF_HUNDRED = 1;

/**
 * Stages that are over when they have seen enough. Every answer is late, and may be no more often late than the incumbent's: an
 * exact test of whether arms are drawn as they are written down and all of their answers are counted.
 */
const POLICY = {
  stages: [
    { share: 0, minSeconds: 0, minObservations: 20, minRequests: 0 },
    { share: 0.5, minSeconds: 0, minObservations: 20, minRequests: 40 },
  ],
  watch: { incumbentShare: 0.4, seconds: 1, minObservations: 20, averageRunLength: 1e6 },
  metrics: {
    paired_loss: { margin: 0.3, block: 1, scale: 2 },
    latency: { margin: 0, limitMs: 0, limitMsPerToken: 0 },
  },
  minObservations: 40,
  burnInSeconds: 0,
  maxSeconds: 100,
  gates: { minFreeMemoryMib: 0 },
  rollback: { perDay: 1000, quarantineSeconds: 0 },
  probes: { intervalSeconds: 5 },
  scoring: { sampleShare: 1, maxDecodeShare: 1, minPromptTokens: 2 },
};

/** Words are independent of each other to a model that has learned nothing. */
const SENTENCES = Array.from({ length: 40 }, (_, index) => `The ${index} men went to the house and saw the old river.`);

interface ReleaseAnswer {
  readonly id: string;
  readonly state: string;
  readonly resumes: boolean | null;
  readonly reason: string | null;
}

/** How a release of the drill ended. */
interface Ended {
  readonly state: string;
  readonly reason: string | null;
  readonly seconds: number;
}

/**
 * Releases a version that is the same as its incumbent again and again, on real generators under load. None may be rolled back, but by the
 * budgeted chance; none may be stuck without saying why; no request may fail.
 */
export async function drillAa(run: Run, { releases, clients, lanes, tell }: AaOptions): Promise<DrillResult> {
  const failures = new Failures();
  const ended: Ended[] = [];
  let requests = 0;
  let left = releases;
  const startedAtMs = performance.now();
  const lane = (): Promise<DrillResult> =>
    run({ versions: 2, areIdentical: true }, async (server) => {
      await administer(server, 'PUT', 'policies/aa', POLICY);
      const load = startReleaseLoad({ urls: [server.baseUrl], key: server.key, sentences: SENTENCES, clients });
      try {
        let [incumbent, candidate] = server.versions as [string, string];
        while (left > 0) {
          left -= 1;
          const end = await releaseOnce(server, candidate);
          ended.push(end);
          tell(`${ended.length} of ${releases}: ${end.state} after ${end.seconds.toFixed(1)} s ${end.reason ?? ''}`);
          if (end.state === 'completed') [incumbent, candidate] = [candidate, incumbent];
        }
      } finally {
        await load.stop();
      }
      requests += load.answers.length;
      for (const { status } of load.answers) failures.unless(status === 200, `a request was answered ${status}`);
      return { facts: {}, failures: [] };
    });
  const results = await Promise.all(Array.from({ length: Math.min(lanes, releases) }, lane));
  for (const complaint of results.flatMap((one) => one.failures)) failures.add(complaint);
  const count = (state: string): number => ended.filter((one) => one.state === state).length;
  const tolerated = Math.max(1, Math.floor((TOLERATED_OF_HUNDRED * releases) / 100));
  failures.unless(count('rolled_back') <= tolerated, `${count('rolled_back')} of ${releases} were rolled back`);
  failures.unless(count('stuck') === 0, `${count('stuck')} were stuck without saying why`);
  const seconds = ended.map((one) => one.seconds).sort((a, b) => a - b);
  const facts = {
    releases,
    kept: count('completed'),
    rolledBack: count('rolled_back'),
    held: count('held'),
    requests,
    medianSeconds: seconds[Math.floor(seconds.length / 2)],
    slowestSeconds: seconds.at(-1),
    minutes: (performance.now() - startedAtMs) / 60_000,
  };
  return { facts, failures: failures.list() };
}

/** Opens a release and waits for its end; one that waits for a person is aborted. */
async function releaseOnce(server: GeneratorUnderTest, candidate: string): Promise<Ended> {
  const startedAtMs = performance.now();
  const order = { version: candidate, strategy: 'release', policy: 'aa' };
  const opened = (await administer(server, 'POST', 'deployments/production/promote', order)) as { release: string };
  const path = `releases/${opened.release}`;
  const seconds = (): number => (performance.now() - startedAtMs) / 1_000;
  for (;;) {
    const { state, resumes, reason } = (await administer(server, 'GET', path)) as ReleaseAnswer;
    if (['completed', 'rolled_back', 'aborted', 'superseded'].includes(state))
      return { state, reason, seconds: seconds() };
    const isStuck = seconds() * 1_000 > PATIENCE_MS;
    if (isStuck || (state === 'held' && resumes === false)) {
      await administer(server, 'POST', `${path}/abort`, { reason: 'the drill goes on' });
      return { state: state === 'held' ? state : 'stuck', reason, seconds: seconds() };
    }
    await sleep(POLL_MS);
  }
}

async function administer(server: GeneratorUnderTest, method: string, path: string, body?: object): Promise<unknown> {
  const response = await fetch(`${server.baseUrl}/v1/admin/${path}`, {
    method,
    headers: { authorization: `Bearer ${server.adminKey}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  const answer: unknown = await response.json();
  if (!response.ok) throw new TypeError(`${method} ${path} was answered ${response.status}: ${JSON.stringify(answer)}`);
  return answer;
}
