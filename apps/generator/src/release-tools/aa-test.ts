import { parseArgs } from 'node:util';
import {
  explain,
  foldObservation,
  initialState,
  parsePolicy,
  type Observation,
  type ReleasePolicy,
} from '#release-policy';
import { redrawArms } from '#release-policy/simulation';
import type { Registry } from '#registry';
import type { Release } from '#registry/releases';
import { readPolicyFile } from './read-policy-file.js';
import { readObservations } from './read-release.js';
import { percent, renderTable } from './table.js';
import { withRegistry } from './with-registry.js';

const USAGE = `Usage: npm run release:aa-test -- [ID...] [options]

How often would the policy have acted on the observations of these releases (default: the latest that has any), had both versions been the
same? A coin says which version each text favours, and arms are drawn again with their recorded shares; all else stays as it came.

  --policy FILE|NAME   policy to be tried (default: that of the release)
  --times N            how often this is drawn (default 500)
  --together N,N       texts in a row that keep the sign of their difference together (default 1,10,50)
  --seed N             what is random (default 1)
  --json               one JSON object for each line

A rate above the budget with many texts together says that neighbouring texts are alike: raise metrics.paired_loss.block. The exit code is
0 when no rate is above its budget beyond chance.

DATABASE_URL and DATA_DIR are read as by the services, which may be running.
`;

const EXPLANATION = `
Shares of the draws in which the policy would have acted although the versions were the same. With 1 text together the rollbacks are held to
the budget. More of anything with many together: texts in a row are alike, as they also are where one version really was worse for a while.
`;

type Recorded = Parameters<typeof redrawArms>[0][number];

/** What the policy did in the draws of one kind. */
interface Rates {
  readonly release: string;
  readonly observations: number;
  readonly textsTogether: number;
  readonly times: number;
  readonly rolledBack: number;
  readonly armsUnbalanced: number;
  readonly changed: number;
  readonly budget: number;
  /** By metric, most frequent first. */
  readonly causes: Readonly<Record<string, number>>;
}

/** `npm run release:aa-test`. */
export async function aaTest(words: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: words,
    allowPositionals: true,
    options: {
      policy: { type: 'string' },
      times: { type: 'string', default: '500' },
      together: { type: 'string', default: '1,10,50' },
      seed: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const [times, seed] = [wholeNumber('times', values.times), wholeNumber('seed', values.seed)];
  const together = values.together.split(',').map((text) => wholeNumber('together', text));
  const rates = await withRegistry(async (registry) => {
    const releases = await chooseReleases(registry, positionals);
    const lines: Rates[] = [];
    for (const release of releases) {
      const policy = await choosePolicy(registry, values.policy, release);
      const recorded = await readRecorded(registry, release);
      for (const textsTogether of together) {
        lines.push({ release: release.id, ...measureFalseAlarms(policy, recorded, { times, seed, textsTogether }) });
      }
    }
    return lines;
  });
  process.stdout.write(values.json ? rates.map((line) => `${JSON.stringify(line)}\n`).join('') : render(rates));
  return rates.some(isAbove) ? 1 : 0;
}

/** Judges records again and again that were drawn as if both versions were the same. */
export function measureFalseAlarms(
  policy: ReleasePolicy,
  recorded: readonly Recorded[],
  { times, seed, textsTogether }: { readonly times: number; readonly seed: number; readonly textsTogether: number },
): Omit<Rates, 'release'> {
  const causes = new Map<string, number>();
  let [rolledBack, armsUnbalanced, changed] = [0, 0, 0];
  for (let time = 0; time < times; time++) {
    const observations: readonly Observation[] = redrawArms(recorded, { seed: seed * 1_000_003 + time, textsTogether });
    let statistics = initialState();
    for (const observation of observations) statistics = foldObservation(policy, statistics, observation);
    const { metrics, requests } = explain(policy, statistics);
    const harms = metrics.filter(({ rollback }) => rollback.missingNats === 0);
    for (const { metric } of harms) causes.set(metric, (causes.get(metric) ?? 0) + 1);
    if (harms.length > 0) rolledBack++;
    if (requests.imbalance.missingNats === 0) armsUnbalanced++;
    if (metrics.some(({ watch }) => watch.change.missingNats === 0)) changed++;
  }
  return {
    observations: recorded.length,
    textsTogether,
    times,
    rolledBack: rolledBack / times,
    armsUnbalanced: armsUnbalanced / times,
    changed: changed / times,
    budget: policy.budget,
    causes: Object.fromEntries([...causes].sort((a, b) => b[1] - a[1])),
  };
}

/** Whether so many rollbacks are more than chance makes of the budget: beyond three standard errors. */
function isAbove({ rolledBack, budget, times }: Rates): boolean {
  return rolledBack > budget + 3 * Math.sqrt((budget * (1 - budget)) / times);
}

async function chooseReleases(registry: Registry, ids: readonly string[]): Promise<Release[]> {
  if (ids.length > 0) return Promise.all(ids.map((id) => registry.releases.get(id)));
  const { items } = await registry.releases.list({ limit: 100 });
  const latest = items.find(({ position }) => position > 0);
  if (latest === undefined)
    throw new TypeError(
      'None of the last 100 releases has observations. Open a release and send requests, or name an older one.',
    );
  return [latest];
}

async function choosePolicy(registry: Registry, name: string | undefined, release: Release): Promise<ReleasePolicy> {
  if (name === undefined) return release.policy;
  if (name.endsWith('.json')) return readPolicyFile(name);
  return parsePolicy((await registry.releases.getPolicy(name)).document);
}

/** What was recorded of a release, in the order in which it was added. */
export async function readRecorded(registry: Registry, release: Release): Promise<Recorded[]> {
  const recorded: Recorded[] = [];
  const { metrics } = initialState();
  for await (const stored of readObservations(registry, release)) {
    // What only a newer version of this code knows says nothing here.
    if (stored.metric !== 'requests' && !Object.hasOwn(metrics, stored.metric)) continue;
    const { metric, arm, share, value, firstOfClient, at, stageIndex, requestId, client } = stored;
    const observation = { metric, arm, share, value, firstOfClient, atMs: at.getTime(), stageIndex };
    recorded.push({ observation, requestId, client });
  }
  return recorded;
}

function render(rates: readonly Rates[]): string {
  return renderTable(
    [
      'release',
      'observations',
      'texts together',
      'rolled back',
      'budget',
      'changed in the watch',
      'arms unbalanced',
      'for',
    ],
    rates.map((line) => [
      line.release,
      String(line.observations),
      String(line.textsTogether),
      percent(line.rolledBack),
      percent(line.budget),
      percent(line.changed),
      percent(line.armsUnbalanced),
      Object.keys(line.causes).join(', '),
    ]),
  ).concat(EXPLANATION);
}

function wholeNumber(name: string, text: string): number {
  if (/^\d{1,9}$/.test(text) && Number(text) > 0) return Number(text);
  throw new TypeError(`--${name} must be a whole number of at least 1, not "${text}".`);
}
