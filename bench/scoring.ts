import { withGenerator, type GeneratorUnderTest } from './generator-under-test.js';
import { DEFAULT_PLAN, type LoadPlan } from './load/load-plan.js';
import { runLoad } from './load/load-run.js';
import type { BenchOptions } from './options.js';
import type { Report } from './report.js';

const DURATION_SECONDS = 10;
/** `maxDecodeShare` of the policies that are compared; 0: no release is open. */
const SHARES = [0, 0.1, 0.3, 0];
const POLL_MS = 100;
const DEADLINE_MS = 60_000;

/**
 * What scoring live texts for a release costs those who wait for theirs: the same load without a release, and with one in the shadow
 * whose policy samples every request and lets scoring take this share of the time.
 */
export async function benchScoring(options: BenchOptions, report: Report): Promise<void> {
  const { preset, clients, tokens, seed, warmUp } = options;
  const durationMs = 1000 * (options.duration ?? DURATION_SECONDS);
  const plan: LoadPlan = { ...DEFAULT_PLAN, clients, tokens, seed, warmUpMs: 1000 * warmUp, durationMs };
  await withGenerator({ preset, versions: 2 }, async (generator) => {
    for (const maxDecodeShare of SHARES) {
      const release = maxDecodeShare === 0 ? null : await openRelease(generator, maxDecodeShare);
      const before = await scoringSeconds(generator);
      const { seconds, outcomes, ...result } = await runLoad(generator, plan);
      // What warming up scored counts, too.
      const scoringShare = ((await scoringSeconds(generator)) - before) / (seconds + warmUp);
      if (release !== null) await administer(generator, 'POST', `releases/${release}/abort`, {});
      report.add({
        bench: 'scoring',
        preset,
        clients,
        maxTokens: tokens,
        maxDecodeShare,
        scoringShare,
        ...result,
        outcomes,
      });
    }
  });
}

/** @returns the id of a release that stays in the shadow, once both versions are loaded and the gates are passed */
async function openRelease(generator: GeneratorUnderTest, maxDecodeShare: number): Promise<string> {
  await administer(generator, 'PUT', 'policies/bench', {
    mode: 'dry_run',
    burnInSeconds: 0,
    probes: { intervalSeconds: 3600 },
    scoring: { sampleShare: 1, maxDecodeShare, minPromptTokens: 2, text: 'prompt_and_completion' },
  });
  const version = generator.versions[1];
  await administer(generator, 'POST', 'deployments/production/promote', {
    version,
    strategy: 'release',
    policy: 'bench',
  });
  for (const deadline = performance.now() + DEADLINE_MS; performance.now() < deadline;) {
    const { data } = (await administer(generator, 'GET', 'releases')) as {
      data: { id: string; gates: object | null }[];
    };
    const [newest] = data;
    if (newest !== undefined && newest.gates !== null) return newest.id;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new TypeError(`The candidate has not passed the gates within ${DEADLINE_MS / 1000} s.`);
}

async function administer(
  generator: GeneratorUnderTest,
  method: string,
  path: string,
  body?: object,
): Promise<unknown> {
  const response = await fetch(`${generator.baseUrl}/v1/admin/${path}`, {
    method,
    headers: { authorization: `Bearer ${generator.adminKey}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  const answer: unknown = await response.json();
  if (!response.ok) throw new TypeError(`${method} ${path} was answered ${response.status}: ${JSON.stringify(answer)}`);
  return answer;
}

async function scoringSeconds({ baseUrl }: GeneratorUnderTest): Promise<number> {
  const metrics = await (await fetch(`${baseUrl}/metrics`)).text();
  return Number(/^understudy_scoring_seconds_total (\S+)$/m.exec(metrics)?.[1]);
}
