import { parseArgs } from 'node:util';
import { parsePolicy, type ReleasePolicy } from '#release-policy';
import { LOSS_SHAPES, simulateRelease, type TrafficModel } from '#release-policy/simulation';
import { summarizeReleases, type SimulationSummary } from '../policy-simulation/summarize-releases.js';
import { readPolicyFile } from './read-policy-file.js';
import { duration, percent, renderTable } from './table.js';

const USAGE = `Usage: npm run release:simulate -- [options]

Carries releases out on simulated traffic, as the judge would, and tells how they end: the power and the false alarms of a policy.
Without a candidate of your own, the usual ones are tried.

  --policy FILE              policy as JSON; what it leaves out is that of the default policy
  --releases N               releases of each candidate (default 100)
  --requests-per-second R    traffic (default 5)
  --seed N                   what is random (default 1)
  --json                     one JSON object for each candidate

A candidate of your own:
  --shift NATS               loss per token, candidate less incumbent (default 0)
  --spread NATS              standard deviation of that from text to text (default 0.3)
  --shape S                  ${LOSS_SHAPES.join(', ')} (default normal)
  --errors SHARE, --latency SHARE        bad events of the incumbent (defaults 0.001, 0.01)
  --errors-times X, --latency-times X    how many times as many the candidate has (default 1)
  --storms                   bad events come in storms
`;

interface Candidate {
  readonly name: string;
  readonly change: Partial<TrafficModel>;
}

const CANDIDATES: readonly Candidate[] = [
  { name: 'identical', change: { shape: 'identical' } },
  { name: 'identical, bad events in storms', change: { shape: 'identical', storms: true } },
  { name: 'another model, as good', change: {} },
  { name: 'another, ten texts alike in a row', change: { shape: 'autocorrelated' } },
  { name: 'better by 0.05 nats', change: { shiftNats: -0.05 } },
  { name: 'worse by 0.03 nats', change: { shiftNats: 0.03 } },
  { name: 'worse by 0.05 nats', change: { shiftNats: 0.05 } },
  { name: 'worse by 0.1 nats', change: { shiftNats: 0.1 } },
  { name: 'worse by 0.3 nats', change: { shiftNats: 0.3 } },
  { name: 'errors on 3% of its requests', change: { eventRatios: { errors: 30 } } },
  { name: 'three times the errors', change: { eventRatios: { errors: 3 } } },
  { name: 'late five times as often', change: { eventRatios: { latency: 5 } } },
];

/** `npm run release:simulate`. */
export function simulate(words: string[]): Promise<number> {
  const { values } = parseArgs({
    args: words,
    options: {
      policy: { type: 'string' },
      releases: { type: 'string', default: '100' },
      'requests-per-second': { type: 'string', default: '5' },
      seed: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
      shift: { type: 'string' },
      spread: { type: 'string' },
      shape: { type: 'string' },
      errors: { type: 'string' },
      latency: { type: 'string' },
      'errors-times': { type: 'string' },
      'latency-times': { type: 'string' },
      storms: { type: 'boolean' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return Promise.resolve(0);
  }
  const policy = values.policy === undefined ? parsePolicy({}) : readPolicyFile(values.policy);
  const number = (
    name: 'shift' | 'spread' | 'errors' | 'latency' | 'errors-times' | 'latency-times',
    fallback: number,
  ) => (values[name] === undefined ? fallback : toNumber(name, values[name]));
  const shape = LOSS_SHAPES.find((known) => known === (values.shape ?? 'normal'));
  if (shape === undefined)
    throw new TypeError(`--shape must be one of ${LOSS_SHAPES.join(', ')}, not "${values.shape}".`);
  const model: TrafficModel = {
    requestsPerSecond: positive('requests-per-second', values['requests-per-second']),
    shiftNats: number('shift', 0),
    spreadNats: number('spread', 0.3),
    shape,
    eventRates: { errors: number('errors', 0.001), latency: number('latency', 0.01), repetition: 0.005 },
    eventRatios: { errors: number('errors-times', 1), latency: number('latency-times', 1) },
    storms: values.storms ?? false,
    requestsPerClient: 1,
  };
  const isOwn = [values.shift, values.shape, values['errors-times'], values['latency-times']].some(
    (value) => value !== undefined,
  );
  const candidates = isOwn ? [CANDIDATES[0]!, { name: 'yours', change: {} }] : CANDIDATES;
  const [releases, seed] = [positive('releases', values.releases), toNumber('seed', values.seed)];
  const rows = candidates.map(({ name, change }) =>
    simulateCandidate(name, policy, { ...model, ...change }, releases, seed),
  );
  process.stdout.write(values.json ? rows.map((row) => `${JSON.stringify(row)}\n`).join('') : renderRows(policy, rows));
  return Promise.resolve(0);
}

interface Row extends SimulationSummary {
  readonly candidate: string;
}

function simulateCandidate(
  candidate: string,
  policy: ReleasePolicy,
  model: TrafficModel,
  releases: number,
  seed: number,
): Row {
  const ended = Array.from({ length: releases }, (_, index) =>
    simulateRelease(policy, model, seed * 1_000_003 + index),
  );
  return { candidate, ...summarizeReleases(ended) };
}

function renderRows(policy: ReleasePolicy, rows: readonly Row[]): string {
  const table = renderTable(
    ['candidate', 'rolled back', 'promoted', 'held', 'median time', 'texts', 'rolled back for'],
    rows.map((row) => [
      row.candidate,
      percent(row.rolledBack),
      percent(row.promoted),
      percent(row.held),
      row.medianSeconds === null ? '-' : duration(row.medianSeconds),
      row.medianTexts === null ? '-' : String(row.medianTexts),
      row.causes.join(', '),
    ]),
  );
  const { margin } = policy.metrics.paired_loss;
  return `${table}\nA candidate within every margin (${margin} nats of loss) is rolled back in at most ${percent(policy.budget)} of the releases.\n`;
}

function toNumber(name: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw new TypeError(`--${name} must be a number, not "${text}".`);
}

function positive(name: string, text: string): number {
  const value = toNumber(name, text);
  if (value > 0) return value;
  throw new TypeError(`--${name} must be above 0, not "${text}".`);
}
