import 'reflect-metadata';
import OpenAI from 'openai';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ModelVersion } from '#registry';
import type { Release } from '#registry/releases';
import { guardAgainstLeaks } from '#testing';
import type { LoadAnswer, ReleaseLoad } from './release-load.js';
import { damageBundle } from '../../apps/generator/src/testing/damage-bundle.js';
import { openWebhookReceiver } from '../../apps/generator/src/testing/webhook-receiver.js';
import { FAST_POLICY } from '../containers/fast-policy.js';
import { ReleaseStand } from './release-stand.js';

guardAgainstLeaks();

/** A watch that does not end by itself while a test looks. */
const LONG_WATCH = { watch: { incumbentShare: 0.4, seconds: 3600, minObservations: 20, averageRunLength: 1e5 } };

let stand: ReleaseStand;
/** Versions whose completions fail with this probability, or take so much longer. */
const failing = new Map<string, number>();
const slow = new Map<string, number>();

beforeAll(async () => {
  stand = await ReleaseStand.open();
  await stand.start(stand.models.whole, {
    around: async (versionId, complete) => {
      if (Math.random() < (failing.get(versionId) ?? 0)) throw new Error('a fault, for a test');
      const startedAt = performance.now();
      const result = await complete();
      const factor = slow.get(versionId);
      // Three times as long as an answer takes on a busy machine.
      if (factor !== undefined) await sleep(Math.max(600, (factor - 1) * (performance.now() - startedAt)));
      return result;
    },
  });
});

afterEach(async () => {
  failing.clear();
  slow.clear();
  await stand.settle();
});

afterAll(() => stand.close());

/** So many answers from then on: each generator has given some of them. */
const ANSWERS_AFTERWARDS = 60;

/**
 * Waits for a release to end in a state. Every generator has followed each of its decisions within a second, by its own measure,
 * and answers with the right version from then on.
 */
async function ends(
  release: Release,
  load: ReleaseLoad,
  state: Release['state'],
  serving: ModelVersion,
): Promise<Release> {
  const ended = await stand.reach(release, state);
  await stand.untilFollowed(release);
  const followedAtMs = Date.now();
  const afterwards = (): readonly LoadAnswer[] => load.answers.filter(({ sentAtMs }) => sentAtMs > followedAtMs);
  await expect.poll(() => afterwards().length, { timeout: 60_000 }).toBeGreaterThanOrEqual(ANSWERS_AFTERWARDS);
  expect(afterwards().filter(({ version }) => version !== serving.id)).toEqual([]);
  const deployment = await stand.ground.registry.getDeployment('production');
  expect(deployment.incumbentVersionId).toBe(serving.id);
  const [period] = await stand.ground.registry.releases.findServing('production', new Date());
  expect(period?.versionId).toBe(serving.id);
  return ended;
}

function expectNoFailure(load: ReleaseLoad): void {
  expect(load.answers.filter(({ status }) => status !== 200)).toEqual([]);
}

/** The reason of the last step, which names the metric, and the numbers that it was decided by. */
async function lastReason(release: Release): Promise<string> {
  const last = (await stand.eventsOf(release)).at(-1);
  expect(last?.evidence).toMatchObject({ explanation: expect.any(Object) as object });
  return last?.message ?? '';
}

describe('a candidate', () => {
  it('with a higher loss is rolled back before it is promoted, the record says why, and webhooks are told', async () => {
    const { poor, whole } = stand.models;
    const receiver = await openWebhookReceiver();
    const { webhooks } = stand.ground.registry;
    const { webhook, secret } = await webhooks.create({ url: receiver.url, actor: 'test' });
    const load = stand.load(stand.sentences);
    const release = await stand.release(poor);
    const ended = await ends(release, load, 'rolled_back', whole);
    expect(['shadow', 'canary']).toContain(ended.stage);
    expect(await lastReason(release)).toContain('paired_loss');
    expectNoFailure(load);
    const told = (): unknown[] => receiver.messages.map(({ body }) => JSON.parse(body) as unknown);
    await expect.poll(told, { timeout: 30_000 }).toMatchObject([
      { type: 'release.opened', data: { release: release.id } },
      { type: 'release.rolled_back', data: { release: release.id, candidate: poor.id } },
    ]);
    const client = new OpenAI({ apiKey: 'unused', webhookSecret: secret });
    for (const { body, headers } of receiver.messages) await client.webhooks.verifySignature(body, headers);
    await webhooks.delete(webhook.id, { actor: 'test' });
    await receiver.close();
  });

  it('that must leave while the version to go back to is damaged stays, with an alarm, until that is whole again', async () => {
    const { narrow, whole } = stand.models;
    const load = stand.load(stand.sentences);
    const release = await stand.release(narrow, LONG_WATCH);
    await stand.reach(release, 'watched');
    const mend = await damageBundle(stand.ground.store, whole.bundleSha256, 'flip a bit');
    try {
      load.write(stand.reversed);
      const held = await stand.reach(release, 'held');
      expect(held).toMatchObject({ resumes: false, stage: 'watched' });
      expect((await stand.eventsOf(release)).map(({ kind }) => kind)).toContain('alarm');
    } finally {
      await mend();
    }
    await ends(release, load, 'rolled_back', whole);
    expectNoFailure(load);
  });

  it('that fails 3% of its requests is rolled back', async () => {
    const { whole } = stand.models;
    const candidate = await stand.copy(whole);
    failing.set(candidate.id, 0.03);
    const load = stand.load(stand.sentences, 12);
    // It is as good as the incumbent otherwise: only what it fails may decide.
    const stages = [
      { share: 0, minSeconds: 0, minObservations: 0, minRequests: 0 },
      { share: 0.5, minSeconds: 3600, minObservations: 0, minRequests: 0 },
    ];
    const release = await stand.release(candidate, { stages });
    await ends(release, load, 'rolled_back', whole);
    expect(await lastReason(release)).toContain('errors');
    const failed = load.answers.filter(({ status }) => status !== 200);
    expect(failed.every(({ version, status }) => version === candidate.id && status === 500)).toBe(true);
  });

  it('that is three times slower is rolled back', async () => {
    const { whole } = stand.models;
    const candidate = await stand.copy(whole);
    slow.set(candidate.id, 3);
    const load = stand.load(stand.sentences);
    const latency = { budget: 0.01, limitMs: 400, limitMsPerToken: 0 };
    const release = await stand.release(candidate, { metrics: { ...FAST_POLICY.metrics, latency } });
    await ends(release, load, 'rolled_back', whole);
    expect(await lastReason(release)).toContain('latency');
    expectNoFailure(load);
  });

  it('that is better at first and worse once it is promoted is rolled back by the watch', async () => {
    const { narrow, whole } = stand.models;
    const load = stand.load(stand.sentences);
    const release = await stand.release(narrow, LONG_WATCH);
    await stand.reach(release, 'watched');
    load.write(stand.reversed);
    const ended = await ends(release, load, 'rolled_back', whole);
    expect(ended).toMatchObject({ stage: 'watched', promotedAt: expect.any(Date) as Date });
    expect(await lastReason(release)).toContain('paired_loss');
    expectNoFailure(load);
  });

  it('that is the same is promoted, watched and kept', async () => {
    const candidate = await stand.copy(stand.models.whole);
    const load = stand.load(stand.sentences);
    const release = await stand.release(candidate);
    await ends(release, load, 'completed', candidate);
    // On a slow machine the watch may wait for its observations.
    const kinds = (await stand.eventsOf(release))
      .map(({ kind }) => kind)
      .filter((kind) => !['held', 'resumed'].includes(kind));
    expect(kinds).toEqual(['opened', 'gates_passed', 'advanced', 'promoted', 'completed']);
    expectNoFailure(load);
  });

  it('that is better is promoted', async () => {
    const { poor, whole } = stand.models;
    const load = stand.load(stand.sentences);
    await stand.promote(poor);
    await expect.poll(() => load.answers.at(-1)?.version, { timeout: 20_000 }).toBe(poor.id);
    const candidate = await stand.copy(whole);
    const release = await stand.release(candidate);
    await ends(release, load, 'completed', candidate);
    expectNoFailure(load);
  });

  it('that nobody asks anything is held, and says so', async () => {
    await stand.promote(stand.models.whole);
    const release = await stand.release(await stand.copy(stand.models.whole), {
      noDataSeconds: 2,
      probes: { intervalSeconds: 3600 },
    });
    const held = await stand.reach(release, 'held');
    expect(held.reason).toContain('Nothing was observed');
    // And goes on by itself when somebody does.
    const load = stand.load(stand.sentences);
    await stand.reach(release, 'completed');
    expectNoFailure(load);
  });
});
