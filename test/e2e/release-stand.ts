import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { ModelVersion } from '#registry';
import type { Release, ReleaseEvent } from '#registry/releases';
import { registerVersion, tinyCorpus } from '#testing';
import type { Faults } from '../../apps/generator/src/models/faults.js';
import {
  openGeneratorStand,
  type GeneratorStand,
  type Replica,
} from '../../apps/generator/src/testing/generator-stand.js';
import { FAST_POLICY } from '../containers/fast-policy.js';
import { startReleaseLoad, type ReleaseLoad } from './release-load.js';

/** How long a release by the fast policy may take on a machine that does other things besides. */
const PATIENT = { timeout: 90_000, interval: 50 };
const BY = { actor: 'test' };
const REPLICAS = 3;
/** A test's own receiver is on this machine. */
const SETTINGS = { WEBHOOK_PRIVATE_ADDRESSES: 'true' };

/** As short as it can be without deciding by chance; metrics that are not meant decide nothing. */
const POLICY = {
  ...FAST_POLICY,
  metrics: {
    ...FAST_POLICY.metrics,
    paired_loss: { ...FAST_POLICY.metrics.paired_loss, budget: 0.01 },
  },
};

/** `whole` knows sentences and their reverse, `narrow` sentences only, `poor` has learned nothing. */
interface Models {
  readonly whole: ModelVersion;
  readonly narrow: ModelVersion;
  readonly poor: ModelVersion;
}

/** How a generator follows what is decided about its deployment. */
interface Following {
  /** Of the decision that it follows. */
  readonly servingRevision: number;
  /** Decisions that it has followed a second or more after they were made, and sooner. */
  readonly late: number;
  readonly inTime: number;
}

/** Models of different worth on one ground, generators that serve one of them, and clients. */
export class ReleaseStand {
  readonly replicas: Replica[] = [];
  readonly #loads: ReleaseLoad[] = [];
  /** What each generator had followed before a release, by its id. */
  readonly #followed = new Map<string, readonly Following[]>();

  private constructor(
    readonly ground: GeneratorStand,
    readonly models: Models,
    /** Of the language that the models were trained on, and the same words from the last to the first. */
    readonly sentences: readonly string[],
    readonly reversed: readonly string[],
  ) {}

  /**
   * Trains the models; no generator runs yet.
   * @param address a migrated database of somebody else's
   */
  static async open(address?: { readonly connectionString: string }): Promise<ReleaseStand> {
    const corpus = await tinyCorpus({ documents: 8, words: 400, seed: 7 });
    const folder = await mkdtemp(join(tmpdir(), 'understudy-reversed-'));
    try {
      const backwards = corpus.texts.map(reverse);
      await Promise.all(backwards.map((text, index) => writeFile(join(folder, `reversed-${index}.txt`), text)));
      const both = [corpus.folder, folder];
      const ground = await openGeneratorStand(
        {
          models: [
            { paths: both, hyperparameters: { n_epochs: 4 } },
            { paths: [corpus.folder], hyperparameters: { n_epochs: 8 } },
            { paths: both, hyperparameters: { learning_rate: 1e-6 } },
          ],
        },
        address,
      );
      const [whole, narrow, poor] = ground.versions as [ModelVersion, ModelVersion, ModelVersion];
      const models = { whole, narrow, poor };
      return new ReleaseStand(ground, models, sentencesOf(corpus.texts), sentencesOf(backwards));
    } finally {
      await corpus.remove();
      await rm(folder, { recursive: true });
    }
  }

  /** Starts generators in this process and lets them serve a version. */
  async start(incumbent: ModelVersion, faults?: Faults): Promise<void> {
    await this.ground.registry.ensureDeployment('production');
    await this.promote(incumbent);
    for (let index = 0; index < REPLICAS; index++) this.replicas.push(await this.ground.start(SETTINGS, faults));
    await Promise.all(this.replicas.map((replica) => replica.ready()));
  }

  /** Another version with the bytes of one of the models. */
  copy({ bundleSha256 }: ModelVersion): Promise<ModelVersion> {
    return registerVersion(this.ground.registry, { bundleSha256 });
  }

  /** Makes a version the incumbent at once. */
  async promote({ id }: ModelVersion): Promise<void> {
    await this.ground.registry.promote({ deployment: 'production', versionId: id, ...BY });
  }

  /** Opens a release by the fast policy, changed by this. */
  async release({ id }: ModelVersion, policy: object = {}): Promise<Release> {
    const { releases } = this.ground.registry;
    const { name } = await releases.writePolicy('fast', { ...POLICY, ...policy }, BY);
    const followed = await this.#following();
    const release = await releases.open({ deployment: 'production', candidateVersionId: id, policyName: name, ...BY });
    this.#followed.set(release.id, followed);
    return release;
  }

  /** A release as soon as it is in this state. */
  async reach({ id }: Release, state: Release['state']): Promise<Release> {
    const { releases } = this.ground.registry;
    await expect.poll(async () => (await releases.get(id)).state, PATIENT).toBe(state);
    return releases.get(id);
  }

  /** Waits until each generator has followed the newest decision; since the release was opened none has followed one late. */
  async untilFollowed({ id }: Release): Promise<void> {
    const { servingRevision } = await this.ground.registry.getDeployment('production');
    const revisions = async (): Promise<number[]> => (await this.#following()).map((one) => one.servingRevision);
    await expect.poll(revisions, PATIENT).toEqual(this.replicas.map(() => servingRevision));
    const since = (await this.#following()).map(({ late, inTime }, index) => {
      const before = this.#followed.get(id)?.[index];
      return { late: late - (before?.late ?? 0), inTime: inTime - (before?.inTime ?? 0) };
    });
    expect(since.map(({ late }) => late)).toEqual(this.replicas.map(() => 0));
    expect(Math.min(...since.map(({ inTime }) => inTime))).toBeGreaterThan(0);
  }

  /** How each generator follows what is decided, as it tells Prometheus. */
  #following(): Promise<readonly Following[]> {
    return Promise.all(
      this.replicas.map(async ({ url }) => {
        const metrics = await (await fetch(`${url}/metrics`)).text();
        const value = (name: string): number =>
          Number(
            metrics
              .split('\n')
              .find((line) => line.startsWith(`${name} `))
              ?.split(' ')[1],
          );
        const inTime = value('understudy_follow_seconds_bucket{le="1"}');
        return {
          servingRevision: value('understudy_serving_revision'),
          late: value('understudy_follow_seconds_count') - inTime,
          inTime,
        };
      }),
    );
  }

  /** What happened in a release, the oldest first. */
  async eventsOf({ id }: Release): Promise<readonly ReleaseEvent[]> {
    return (await this.ground.registry.releases.listEvents(id, { order: 'asc', limit: 100 })).items;
  }

  /** Clients that send sentences to all generators. */
  load(sentences: readonly string[], clients = 6): ReleaseLoad {
    const urls = this.replicas.map(({ url }) => url);
    const load = startReleaseLoad({ urls, key: this.ground.keys.completions, sentences, clients });
    this.#loads.push(load);
    return load;
  }

  /** Stops clients, ends what is open; the generators go on. */
  async settle(): Promise<void> {
    await Promise.all(this.#loads.splice(0).map((load) => load.stop()));
    const { releases } = this.ground.registry;
    const open = await releases.findOpen('production');
    if (open !== null) await releases.abort(open.id, BY);
  }

  async close(): Promise<void> {
    await Promise.all(this.#loads.map((load) => load.stop()));
    await this.ground.close();
  }
}

function reverse(text: string): string {
  return text
    .split('\n\n')
    .map((paragraph) => sentencesOf([paragraph]).map(reverseSentence).join(' '))
    .join('\n\n');
}

/** The words from the last to the first; capital and full stop stay where they are. */
function reverseSentence(sentence: string): string {
  const words = sentence.toLowerCase().replace(/[.?]$/u, '').split(/\s+/u).reverse().join(' ');
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}

function sentencesOf(texts: readonly string[]): string[] {
  return texts.flatMap((text) => text.trim().split(/(?<=[.?])\s+/u)).filter((sentence) => sentence.length > 20);
}
