import 'reflect-metadata';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Release, StoredObservation } from '#registry/releases';
import { guardAgainstLeaks } from '#testing';
import { openGeneratorStand, type GeneratorStand, type Replica } from '../testing/generator-stand.js';
import { registerWithWrongProbe } from '../testing/version-with-wrong-probe.js';
import { RequestObserver } from './request-observer.js';

guardAgainstLeaks();

/** How long something may take that happens by itself. */
const SOON = { timeout: 20_000 };
const BY = { actor: 'test' };
const PROMPT = 'The old captain watched the river near the sea.';

let stand: GeneratorStand;
let replicas: readonly [Replica, Replica];
/** Whether completions of the candidate fail. */
let candidateFails = false;

beforeAll(async () => {
  stand = await openGeneratorStand({ versions: 2 });
  await stand.registry.ensureDeployment('production');
  await stand.registry.promote({ deployment: 'production', versionId: incumbentId(), actor: 'test' });
  const faults = {
    around: <T>(versionId: string, work: () => Promise<T>): Promise<T> =>
      candidateFails && versionId === candidateId() ? Promise.reject(new Error('a fault')) : work(),
  };
  replicas = [await stand.start({}, faults), await stand.start({}, faults)];
  await Promise.all(replicas.map((replica) => replica.ready()));
});

afterEach(async () => {
  candidateFails = false;
  await abort();
});

afterAll(() => stand.close());

/** Ends the release, if one is open. */
async function abort(): Promise<void> {
  const release = await stand.registry.releases.findOpen('production');
  if (release !== null) await stand.registry.releases.abort(release.id, BY);
}

function incumbentId(): string {
  return stand.versions[0]?.id ?? '';
}

function candidateId(): string {
  return stand.versions[1]?.id ?? '';
}

interface Answer {
  readonly status: number;
  readonly version: string | null;
  readonly arm: string | null;
  readonly id: string;
}

async function complete(replica: Replica, more: object = {}): Promise<Answer> {
  const response = await fetch(`${replica.url}/v1/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stand.keys.completions}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'production', prompt: PROMPT, max_tokens: 4, ...more }),
  });
  const { id } = (await response.json()) as { id: string };
  const { headers, status } = response;
  return { status, version: headers.get('x-model-version'), arm: headers.get('x-release-arm'), id };
}

async function completeMany(count: number, more: object = {}): Promise<Answer[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => complete(replicas[index % 2] ?? replicas[0], more)));
}

/** Whether a replica answers some of many clients with the candidate. */
async function hasCandidate(replica: Replica): Promise<boolean> {
  const clients = Array.from({ length: 16 }, (_, index) => complete(replica, { user: `client-${index}` }));
  return (await Promise.all(clients)).some(({ arm }) => arm === 'candidate');
}

/** Opens a release that samples everything, and takes it to its canary unless it is to stay in the shadow. */
async function openRelease(stage: 'shadow' | 'canary', policy: object = {}): Promise<Release> {
  const hasBoth = ({ loadedVersionIds: ids }: { readonly loadedVersionIds: readonly string[] }): boolean =>
    ids.includes(candidateId()) && ids.includes(incumbentId());
  const stages = [0, 0.5].map((of) => ({ share: of, minSeconds: 0, minObservations: 0, minRequests: 0 }));
  const scoring = { sampleShare: 1, maxDecodeShare: 1, minPromptTokens: 4, text: 'prompt' };
  // A judge watches and does nothing.
  const document = { mode: 'dry_run', burnInSeconds: 0, stages, scoring, gates: { minFreeMemoryMib: 0 }, ...policy };
  const { name } = await stand.registry.releases.writePolicy('test', document, BY);
  const opened = { deployment: 'production', candidateVersionId: candidateId(), policyName: name, ...BY };
  const release = await stand.registry.releases.open(opened);
  await expect.poll(async () => (await stand.registry.releases.get(release.id)).gates, SOON).not.toBeNull();
  if (stage === 'canary') await stand.registry.releases.advance(release.id, BY);
  await expect.poll(async () => (await stand.registry.listReplicas()).items.filter(hasBoth).length, SOON).toBe(2);
  // Both have heard of it when both have loaded it, but of the gates perhaps not yet.
  if (stage === 'canary')
    for (const replica of replicas) await expect.poll(() => hasCandidate(replica), SOON).toBe(true);
  return release;
}

/** All of a metric, those that the judge has added to the statistics and those that it has not. */
async function observations(metric: string): Promise<readonly StoredObservation[]> {
  const { releases } = stand.registry;
  // In this order: one that is added meanwhile is found twice, not never.
  const open = await releases.readOpenCase('production', 10_000);
  const added = open === null ? [] : await releases.listObservations(open.release, 0, 10_000);
  const all = [...(open?.observations ?? []), ...added].map((observation) => [observation.id, observation] as const);
  return [...new Map(all).values()].filter((observation) => observation.metric === metric);
}

function feedback(id: string, accepted: unknown): Promise<Response> {
  return fetch(`${replicas[0].url}/v1/completions/${id}/feedback`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stand.keys.completions}`, 'content-type': 'application/json' },
    body: JSON.stringify({ accepted }),
  });
}

describe('in the shadow', () => {
  it('the candidate answers nobody, and both versions score what clients write and what is held out', async () => {
    await openRelease('shadow', { probes: { intervalSeconds: 1 } });
    const answers = await completeMany(20);
    expect(answers.every(({ version, arm }) => version === incumbentId() && arm === 'incumbent')).toBe(true);
    await expect.poll(async () => (await observations('paired_loss')).length, SOON).toBeGreaterThanOrEqual(20);
    await expect.poll(async () => (await observations('probe_loss')).length, SOON).toBeGreaterThanOrEqual(16);
    const scored = await observations('paired_loss');
    expect(new Set(scored.map(({ replicaId }) => replicaId)).size).toBe(2);
    expect(new Set(scored.map(({ arm, stageIndex, share }) => `${arm} ${stageIndex} ${share}`))).toEqual(
      new Set(['both 0 0']),
    );
    // The same text, and the same models: the same difference, on both replicas.
    expect(new Set(scored.map(({ value, tokens }) => `${value} ${tokens}`)).size).toBe(1);
    expect(await observations('requests')).toEqual([]);
  });
});

describe('in a canary', () => {
  it('each request is answered by the version of its arm, and all are counted with the share', async () => {
    await openRelease('canary');
    const before = (await observations('requests')).length;
    const answers = await completeMany(60);
    for (const { status, version, arm } of answers) {
      expect(status).toBe(200);
      expect(version).toBe(arm === 'candidate' ? candidateId() : incumbentId());
    }
    const counted = async (arm: string): Promise<number> =>
      (await observations('requests')).filter((one) => one.arm === arm).reduce((sum, { value }) => sum + value, 0);
    const sent = (arm: string): number => answers.filter((one) => one.arm === arm).length;
    await expect.poll(() => counted('candidate'), SOON).toBeGreaterThanOrEqual(sent('candidate'));
    await expect.poll(() => counted('incumbent'), SOON).toBeGreaterThanOrEqual(sent('incumbent'));
    const rows = await observations('requests');
    // Compact: a row for each arm, replica and half second.
    expect(rows.length - before).toBeLessThan(60);
    expect(new Set(rows.map(({ share, stageIndex }) => `${share} ${stageIndex}`))).toEqual(new Set(['0.5 1']));
  });

  it('a failure counts against the arm that it came from, once for each request', async () => {
    await openRelease('canary');
    candidateFails = true;
    const answers = await completeMany(40);
    candidateFails = false;
    const failed = answers.filter(({ status }) => status === 500).length;
    expect(failed).toBeGreaterThan(0);
    await expect.poll(async () => (await observations('errors')).length, SOON).toBe(failed);
    const errors = await observations('errors');
    expect(errors.every(({ arm, share }) => arm === 'candidate' && share === 0.5)).toBe(true);
    expect(new Set(errors.map(({ requestId }) => requestId)).size).toBe(failed);
  });

  it('a client keeps its arm where the policy counts clients, and counts once', async () => {
    await openRelease('canary', { unit: 'client' });
    const users = Array.from({ length: 12 }, (_, index) => `user-${index}`);
    for (const user of users) {
      const arms = new Set((await completeMany(4, { user })).map(({ arm }) => arm));
      expect([...arms]).toHaveLength(1);
    }
    await expect
      .poll(async () => (await observations('requests')).filter(({ firstOfClient }) => firstOfClient).length, SOON)
      .toBeGreaterThanOrEqual(users.length);
    const requests = await observations('requests');
    expect(requests.every(({ value, client }) => value === 1 && /^[0-9a-f]{16}$/.test(client ?? ''))).toBe(true);
    const first = requests.filter(({ firstOfClient }) => firstOfClient);
    expect(new Set(first.map(({ client }) => client)).size).toBe(first.length);
  });

  it('what a reader rejects counts once against the arm that wrote it, whichever replica hears of it', async () => {
    await openRelease('canary');
    const answers = await completeMany(12);
    for (const { id } of answers) {
      for (const accepted of [false, false, true]) {
        const response = await feedback(id, accepted);
        expect(await response.json()).toEqual({ id, object: 'completion.feedback', accepted, recorded: true });
      }
    }
    await expect.poll(async () => (await observations('feedback')).length, SOON).toBe(answers.length);
    const rejected = await observations('feedback');
    for (const { id, arm } of answers) expect(rejected.find(({ requestId }) => requestId === id)?.arm).toBe(arm);

    const [one] = answers;
    const forged = `${one?.id.slice(0, -1) ?? ''}${one?.id.endsWith('A') === true ? 'E' : 'A'}`;
    for (const id of [forged, 'cmpl-none', 'x']) {
      const response = await feedback(id, false);
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ error: { code: 'completion_not_found', param: 'id' } });
    }
    expect((await feedback(one?.id ?? '', 'yes')).status).toBe(400);
    const pinned = await complete(replicas[0], { model: candidateId() });
    expect(pinned.arm).toBe('pinned');
    expect(await (await feedback(pinned.id, false)).json()).toMatchObject({ recorded: false });
    await abort();
    await expect
      .poll(async () => await (await feedback(one?.id ?? '', false)).json(), SOON)
      .toMatchObject({ recorded: false });
  });
});

describe('after a promotion', () => {
  it('the version before it goes on answering its share, and everything again when the release is rolled back', async () => {
    const watch = { incumbentShare: 0.4, seconds: 3600, minObservations: 10, averageRunLength: 1e6 };
    const release = await openRelease('canary', { watch });
    await stand.registry.releases.advance(release.id, BY);
    const pairs = async (): Promise<Set<string>> =>
      new Set((await completeMany(40)).map(({ arm, version }) => `${arm ?? ''} ${version ?? ''}`));
    await expect.poll(pairs, SOON).toEqual(new Set([`incumbent ${candidateId()}`, `former ${incumbentId()}`]));
    await expect
      .poll(
        async () => (await observations('requests')).filter(({ share }) => share === 0.6).map(({ arm }) => arm),
        SOON,
      )
      .toEqual(expect.arrayContaining(['candidate', 'incumbent']));
    await stand.registry.rollback({ deployment: 'production', ...BY, reason: 'enough' });
    await expect.poll(pairs, SOON).toEqual(new Set([`incumbent ${incumbentId()}`]));
  });
});

describe('a replica that cannot load the candidate', () => {
  it('answers everything with the incumbent and says why, while the others take part', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'understudy-artifacts-'));
    await cp(join(stand.environment['DATA_DIR'] ?? '', 'artifacts'), folder, { recursive: true });
    const manifest = stand.store.path(stand.versions[1]?.bundleSha256 ?? '');
    await rm(join(folder, relative(join(stand.environment['DATA_DIR'] ?? '', 'artifacts'), manifest)));
    const lame = await stand.start({ ARTIFACT_DIR: folder });
    await lame.ready();
    const release = await openRelease('canary');
    const answers = await Promise.all(Array.from({ length: 30 }, () => complete(lame)));
    expect(answers.every(({ status, arm }) => status === 200 && arm === 'incumbent')).toBe(true);
    const port = Number(new URL(lame.url).port);
    await expect
      .poll(async () => (await stand.registry.listReplicas()).items.find((one) => one.port === port), SOON)
      .toMatchObject({
        ready: true,
        versionId: incumbentId(),
        loadedVersionIds: [incumbentId()],
        problem: expect.stringContaining(`${release.id}: bundle_missing`) as string,
      });
    await abort();
    await expect
      .poll(async () => (await stand.registry.listReplicas()).items.find((one) => one.port === port)?.problem, SOON)
      .toBeNull();
    await lame.app.close();
    await rm(folder, { recursive: true });
  });

  it('or does not compute with it what was registered, does the same', async () => {
    const { id } = await registerWithWrongProbe(stand, stand.versions[1]!);
    // Nothing is judged, so that the release stays open.
    const { name } = await stand.registry.releases.writePolicy('unjudged', { mode: 'off' }, BY);
    await stand.registry.releases.open({ deployment: 'production', candidateVersionId: id, policyName: name, ...BY });
    await expect
      .poll(async () => (await stand.registry.listReplicas()).items.map(({ problem }) => problem), SOON)
      .toEqual(new Array(2).fill(expect.stringMatching(/gate_failed: .* perplexity of/)));
    const answers = await completeMany(10);
    expect(answers.every(({ status, arm }) => status === 200 && arm === 'incumbent')).toBe(true);
  });
});

describe('a version that was drawn and cannot be had', () => {
  it('is counted with its request and as an error of its arm', async () => {
    const release = await openRelease('canary');
    const live = await stand.registry.releases.get(release.id);
    const observer = replicas[0].app.get(RequestObserver);
    const lease = { live, lost: { arm: 'candidate', share: 0.5 }, draw: null, client: null };
    const request = { id: 'lost', request: { prompts: [null] }, lease };
    const end = { outcome: 'completed', error: null, totalMs: 12, completionTokens: 3, choices: [] } as const;
    // What it reads of a lease; the rest is the business of others.
    observer.ended(request as unknown as Parameters<typeof observer.ended>[0], end);
    await expect
      .poll(() => observations('errors'), SOON)
      .toMatchObject([{ arm: 'candidate', share: 0.5, requestId: 'lost' }]);
    const requests = await observations('requests');
    expect(
      requests.filter(({ arm }) => arm === 'candidate').reduce((sum, { value }) => sum + value, 0),
    ).toBeGreaterThan(0);
  });
});
