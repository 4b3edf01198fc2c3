import { setTimeout as delay } from 'node:timers/promises';
import { explain } from '#release-policy';
import type { ModelVersion } from '#registry';
import type { Release, ReleaseEvent } from '#registry/releases';
import { replayRelease } from '../../apps/generator/src/release-tools/replay-release.js';
import { ApiClient } from '../../apps/launcher/src/api-client.js';
import { waitUntilUp } from '../../apps/launcher/src/process/wait-until-up.js';
import { DemoClients } from './demo-clients.js';
import { openDemoGround, type DemoGround } from './demo-ground.js';
import { sentencesOf, writeDemoTexts, type DemoTexts } from './demo-texts.js';
import { trainDemoModel, uploadDemoTexts } from './demo-training.js';

/** Fast, so that nobody waits; everything else is the default policy. */
const POLICY = {
  stages: [
    { share: 0, minSeconds: 5, minObservations: 100, minRequests: 0 },
    { share: 0.05, minSeconds: 5, minObservations: 20, minRequests: 3 },
    { share: 0.25, minSeconds: 5, minObservations: 20, minRequests: 10 },
    { share: 0.5, minSeconds: 5, minObservations: 20, minRequests: 20 },
  ],
  minObservations: 100,
  burnInSeconds: 1,
  maxSeconds: 300,
  metrics: {
    paired_loss: { block: 1, scale: 1 },
    // The small model's probe text has both kinds: it would tell before any client does.
    probe_loss: { budget: 0 },
    latency: { limitMs: 3_000 },
  },
  scoring: { sampleShare: 1, maxDecodeShare: 0.5, minPromptTokens: 4 },
  gates: { minFreeMemoryMib: 64 },
};
const REPLICAS = 2;
const CLIENTS = 4;
const POLL_MS = 200;
const EVIDENCE_EVERY_MS = 5_000;
/** How long everybody is watched after the rollback. */
const AFTERWARDS_MS = 3_000;
const LIMIT_MS = 180_000;

/** What the demonstration found. */
export interface RollbackStory {
  readonly release: Release;
  readonly events: readonly ReleaseEvent[];
  readonly requests: number;
  readonly failed: number;
  readonly byCandidate: number;
  /** From the first text of the other kind to the rollback. */
  readonly noticedAfterMs: number;
  /** From the rollback to the last request that the candidate was still given. */
  readonly servedOnForMs: number;
  readonly isReplayedTheSame: boolean;
}

/** Everything as it stands after the rollback. */
export interface DemoEnd {
  readonly ground: DemoGround;
  readonly texts: DemoTexts;
  /** Ids of the uploaded files: the stories alone, and the stories with their backwards kind. */
  readonly files: { readonly stories: string; readonly both: string };
  readonly release: Release;
}

/**
 * Starts everything, serves a small model that knows two kinds of text, and releases a medium one that knows one of them, better.
 * Clients first write that kind, so that it is promoted; then the other.
 *
 * @param tell told what happens, line by line
 * @param look shown everything at the end, before it is stopped
 */
export async function demonstrateRollback(
  tell: (line: string) => void,
  look?: (end: DemoEnd, story: RollbackStory) => Promise<void>,
): Promise<RollbackStory> {
  tell(`Starting PostgreSQL, a trainer and ${REPLICAS} generators ...`);
  const ground = await openDemoGround(REPLICAS);
  try {
    const texts = await writeDemoTexts();
    tell('Training "small" on stories, and on the same stories with the words of each sentence backwards ...');
    const both = await uploadDemoTexts(ground, 'stories-both-ways.jsonl', [...texts.stories, ...texts.backwards]);
    const small = await trainDemoModel(ground, { preset: 'small', file: both, epochs: 4 });
    tell(offline(small));
    tell('Training "medium" on stories alone ...');
    const stories = await uploadDemoTexts(ground, 'stories.jsonl', texts.stories);
    const medium = await trainDemoModel(ground, { preset: 'medium', file: stories, epochs: 8 });
    tell(`${offline(medium)}: it looks better.`);
    const api = new ApiClient(ground.generators[0]!, ground.key);
    await promote(ground, api, { version: small.id, reason: 'the first one' });
    for (const url of ground.generators) await waitUntilUp('generator', `${url}/health/ready`, ground.signal);
    const clients = new DemoClients({
      urls: ground.generators,
      key: ground.key,
      sentences: sentencesOf(texts.stories),
      clients: CLIENTS,
    });
    try {
      const scene = { ground, api, clients, policy: POLICY, tell };
      const story = await releaseAndSpoil(scene, medium, sentencesOf(texts.backwards));
      await look?.({ ground, texts, files: { stories, both }, release: story.release }, story);
      return story;
    } finally {
      await clients.stop();
    }
  } finally {
    await ground.close();
  }
}

/** Generators that serve a version, and clients that ask them. */
interface Scene {
  readonly ground: SceneGround;
  /** With a key that may administer. */
  readonly api: ApiClient;
  readonly clients: DemoClients;
  readonly policy: object;
  readonly tell: (line: string) => void;
}

type SceneGround = Pick<DemoGround, 'registry' | 'signal'>;

/** Releases a version, lets clients write what it does not know once it is promoted, and tells how it is taken back. */
export async function releaseAndSpoil(
  scene: Scene,
  candidate: ModelVersion,
  spoilt: readonly string[],
): Promise<RollbackStory> {
  const { ground, api, clients, policy, tell } = scene;
  const { releases } = ground.registry;
  await releases.writePolicy('demo', policy, { actor: 'demo' });
  await promote(ground, api, { version: candidate.id, strategy: 'release', policy: 'demo', reason: 'it looks better' });
  const opened = await releases.findOpen('production');
  if (opened === null) throw new Error('No release was opened.');
  tell(`\nRelease ${opened.id}: ${candidate.id} takes over from ${opened.incumbentVersionId}, step by step.`);
  const teller = new EventTeller(ground, opened, tell);

  const isPromoted = ({ state }: Release): boolean => state === 'watched' || isOver(state);
  const promoted = await teller.until(isPromoted);
  if (promoted.state !== 'watched') throw new Error(`The release ended as ${promoted.state} before its promotion.`);
  const spoiltAtMs = Date.now();
  clients.write(spoilt);
  tell(
    `${seconds(opened.openedAt, spoiltAtMs)}  Clients begin to write the other kind of text, which it has never seen.`,
  );
  const ended = await teller.until(({ state }) => isOver(state));
  await delay(AFTERWARDS_MS);
  await clients.stop();

  const endedAtMs = (ended.endedAt ?? new Date()).getTime();
  const ofCandidate = clients.answers.filter(({ version }) => version === candidate.id);
  const lastMs = Math.max(endedAtMs, ...ofCandidate.map(({ sentAtMs }) => sentAtMs));
  const replay = await replayRelease(ground.registry, ended.id);
  return {
    release: ended,
    events: teller.events,
    requests: clients.answers.length,
    failed: clients.answers.filter(({ status }) => status !== 200).length,
    byCandidate: ofCandidate.length,
    noticedAfterMs: endedAtMs - spoiltAtMs,
    servedOnForMs: lastMs - endedAtMs,
    isReplayedTheSame: [replay, ...replay.decisions].every(({ differences }) => differences.length === 0),
  };
}

/** Tells each event of a release once, as it comes, and now and then how the evidence stands. */
class EventTeller {
  events: readonly ReleaseEvent[] = [];
  private toldAtMs = Date.now();

  constructor(
    private readonly ground: SceneGround,
    private readonly release: Release,
    private readonly tell: (line: string) => void,
  ) {}

  /** Waits until the release is as it shall be. */
  async until(isReached: (release: Release) => boolean): Promise<Release> {
    const { releases } = this.ground.registry;
    let now = this.release;
    await waitFor(this.ground, async () => {
      now = await releases.get(this.release.id);
      const { items } = await releases.listEvents(now.id, { order: 'asc', limit: 100 });
      for (const { at, kind, message } of items.slice(this.events.length)) {
        this.tell(`${seconds(this.release.openedAt, at.getTime())}  ${kind.replace('_', ' ')}: ${message}`);
      }
      this.events = items;
      this.tellEvidence(now);
      return isReached(now);
    });
    return now;
  }

  private tellEvidence({ policy, statistics }: Release): void {
    if (Date.now() - this.toldAtMs < EVIDENCE_EVERY_MS) return;
    this.toldAtMs = Date.now();
    const loss = explain(policy, statistics).metrics.find(({ metric }) => metric === 'paired_loss')!;
    const { n, mean, rollback, promotion, watch } = loss;
    const stands =
      watch.n === 0
        ? `${n} texts, mean ${nats(mean)}; log-wealth ${log(rollback)} for a rollback, ${log(promotion)} for promotion`
        : `${watch.n} texts since promotion, mean ${nats(watch.mean)}; log-detector ${log(watch.change)}`;
    this.tell(`${seconds(this.release.openedAt, this.toldAtMs)}    ${stands}`);
  }
}

/** Where the logarithm of a wealth stands, of what decides. */
function log({ wealth, bound }: { readonly wealth: number; readonly bound: number | null }): string {
  return `${Math.log(wealth).toFixed(1)} of ${bound === null ? 'never' : Math.log(bound).toFixed(1)}`;
}

function nats(mean: number | null): string {
  return mean === null ? 'unknown' : `${mean > 0 ? '+' : ''}${mean.toFixed(3)} nats`;
}

async function promote({ signal }: SceneGround, api: ApiClient, body: object): Promise<void> {
  await api.json({ path: '/v1/admin/deployments/production/promote', body, signal });
}

async function waitFor({ signal }: SceneGround, isReached: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + LIMIT_MS;
  while (!(await isReached())) {
    if (Date.now() > end) throw new Error(`Nothing happened for ${LIMIT_MS / 1_000} seconds.`);
    await delay(POLL_MS, undefined, { signal });
  }
}

function isOver(state: Release['state']): boolean {
  return state === 'rolled_back' || state === 'completed' || state === 'aborted' || state === 'superseded';
}

/** What was measured on text that was held out of the training. */
function offline({ id, metrics }: ModelVersion): string {
  const { perplexity, top1 } = (metrics as { validation: { perplexity: number; top1: number } }).validation;
  return `  ${id}: perplexity ${perplexity.toFixed(1)}, accuracy ${(100 * top1).toFixed(1)}% on held-out text`;
}

function seconds(from: Date, atMs: number): string {
  return `+${((atMs - from.getTime()) / 1_000).toFixed(1)} s`.padStart(9);
}
