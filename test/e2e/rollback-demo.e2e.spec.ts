import 'reflect-metadata';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { guardAgainstLeaks } from '#testing';
import { ApiClient } from '../../apps/launcher/src/api-client.js';
import { DemoClients } from '../demo/demo-clients.js';
import { sentencesOf, writeDemoTexts } from '../demo/demo-texts.js';
import { releaseAndSpoil } from '../demo/rollback-demo.js';
import { ReleaseStand } from './release-stand.js';

guardAgainstLeaks();

/** As the demonstration's, with stages that are over as soon as they have seen something. */
const POLICY = {
  stages: [
    { share: 0, minSeconds: 0, minObservations: 20, minRequests: 0 },
    { share: 0.5, minSeconds: 0, minObservations: 10, minRequests: 10 },
  ],
  minObservations: 20,
  burnInSeconds: 0,
  metrics: {
    paired_loss: { margin: 0.3, block: 1, scale: 2 },
    probe_loss: { budget: 0 },
    latency: { limitMs: 60_000 },
  },
  scoring: { sampleShare: 1, maxDecodeShare: 1, minPromptTokens: 4 },
  gates: { minFreeMemoryMib: 0 },
};

let stand: ReleaseStand;

beforeAll(async () => {
  stand = await ReleaseStand.open();
  await stand.start(stand.models.whole);
});

afterAll(() => stand.close());

it('the demonstration of a rollback tells a promotion, a rollback and no failed request', async () => {
  const { ground, models, sentences, reversed, replicas } = stand;
  const urls = replicas.map(({ url }) => url);
  const clients = new DemoClients({ urls, key: ground.keys.completions, sentences, clients: 4 });
  const told: string[] = [];
  const signal = new AbortController().signal;
  const api = new ApiClient(urls[0]!, ground.keys.admin);
  const tell = (line: string): void => void told.push(line);
  try {
    const scene = { ground: { registry: ground.registry, signal }, api, clients, policy: POLICY, tell };
    const story = await releaseAndSpoil(scene, models.narrow, reversed);
    expect(story).toMatchObject({ release: { state: 'rolled_back' }, failed: 0, isReplayedTheSame: true });
    expect(story.byCandidate).toBeGreaterThan(0);
    expect(story.events.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['promoted', 'rolled_back']));
    for (const words of ['promoted', 'other kind of text', 'rolled back'])
      expect(
        told.some((line) => line.includes(words)),
        words,
      ).toBe(true);
  } finally {
    await clients.stop();
  }
});

it('the texts of the demonstration are the same words in the other order, the same every time', async () => {
  const { stories, backwards } = await writeDemoTexts();
  const wordsOf = (sentence: string): string[] => sentence.toLowerCase().match(/[\p{L}'’]+/gu) ?? [];
  const [one, other] = [sentencesOf(stories)[3]!, sentencesOf(backwards)[3]!];
  expect(wordsOf(other)).toEqual(wordsOf(one).reverse());
  expect(other).not.toBe(one);
  expect(await writeDemoTexts()).toEqual({ stories, backwards });
});
