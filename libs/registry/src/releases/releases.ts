import type { Database } from '#database';
import { readClock } from '../clock.repository.js';
import { findDeployment, findDeployments } from '../deployments/deployment.repository.js';
import { pinDeployment, unpinDeployment } from '../deployments/pin-deployment.js';
import type { Actor } from '../inputs.js';
import type { Deployment, Page, PageRequest } from '../records.js';
import { readOpenCase, settleJudgement, type Judgement, type OpenCase } from './judge-release.js';
import { deleteOldObservations, findAddedObservations, insertObservations } from './observation.repository.js';
import { openRelease } from './open-release.js';
import { findPolicy, listPolicies, writePolicy } from './policies.js';
import { findPolicyVersions } from './policy.repository.js';
import { findQuarantine } from './quarantine.repository.js';
import { findReleaseEvents } from './release-event.repository.js';
import type { ReleaseHistory } from './release-point.js';
import { countArms, findReleasePoints } from './release-point.repository.js';
import type {
  NewObservation,
  NewRelease,
  PolicyVersion,
  Release,
  ReleaseCase,
  ReleaseEvent,
  ServingPeriod,
  StoredObservation,
  TimelineEntry,
  VersionQuarantine,
} from './release.js';
import { findOpenRelease, findRelease, findReleases, type ReleaseQuery } from './release.repository.js';
import { findPeriodsOfVersion, findServingAt } from './serving-period.repository.js';
import { abortRelease, advanceRelease, pauseRelease, resumeRelease } from './steer-release.js';
import { findTimeline, type TimelineQuery } from './timeline.repository.js';

const MAX_DEPLOYMENTS = 100;

/** Releases: one use case per method, in one transaction each; what it does and throws stands in the file it comes from. */
export class Releases {
  readonly #database: Database;

  /** @param database opened, migrated and closed by the caller */
  constructor(database: Database) {
    this.#database = database;
  }

  open(release: NewRelease): Promise<Release> {
    return openRelease(this.#database, release);
  }

  /** Newest first. */
  list(query: ReleaseQuery = {}): Promise<Page<Release>> {
    return this.#database.query((client) => findReleases(client, query));
  }

  /** @throws release_not_found */
  get(id: string): Promise<Release> {
    return this.#database.query((client) => findRelease(client, id));
  }

  /** A release with what is needed to say what comes next. @throws release_not_found */
  getCase(id: string): Promise<ReleaseCase> {
    return this.#database.query(async (client) => {
      const release = await findRelease(client, id);
      return {
        release,
        deployment: await findDeployment(client, release.deployment),
        now: await readClock(client),
        lastEvent: (await findReleaseEvents(client, id, { limit: 1 })).items[0] ?? null,
      };
    });
  }

  /** The release of a deployment that has not ended; null when there is none. */
  findOpen(deployment: string): Promise<Release | null> {
    return this.#database.query((client) => findOpenRelease(client, deployment));
  }

  /** Every deployment by name, at most 100, each with its release that has not ended. */
  listDeployments(): Promise<readonly { readonly deployment: Deployment; readonly release: Release | null }[]> {
    return this.#database.query(async (client) => {
      const deployments = await findDeployments(client, MAX_DEPLOYMENTS);
      return Promise.all(
        deployments.map(async (deployment) => ({
          deployment,
          release: await findOpenRelease(client, deployment.name),
        })),
      );
    });
  }

  /** What a replica follows: a deployment, and its release that has not ended. @throws deployment_not_found */
  readServing(deployment: string): Promise<{ readonly deployment: Deployment; readonly release: Release | null }> {
    return this.#database.query(async (client) => ({
      deployment: await findDeployment(client, deployment),
      release: await findOpenRelease(client, deployment),
    }));
  }

  /** Newest first unless `order` is `asc`. @throws release_not_found */
  listEvents(
    id: string,
    page: PageRequest & { readonly order?: 'asc' | 'desc' | undefined } = {},
  ): Promise<Page<ReleaseEvent>> {
    return this.#database.query(async (client) => {
      await findRelease(client, id);
      return findReleaseEvents(client, id, page);
    });
  }

  pause(id: string, by: Actor): Promise<Release> {
    return pauseRelease(this.#database, id, by);
  }

  resume(id: string, by: Actor): Promise<Release> {
    return resumeRelease(this.#database, id, by);
  }

  abort(id: string, by: Actor): Promise<Release> {
    return abortRelease(this.#database, id, by);
  }

  advance(id: string, by: Actor): Promise<Release> {
    return advanceRelease(this.#database, id, by);
  }

  pin(deployment: string, by: Actor): Promise<Deployment> {
    return pinDeployment(this.#database, deployment, by);
  }

  unpin(deployment: string, by: Actor): Promise<Deployment> {
    return unpinDeployment(this.#database, deployment, by);
  }

  /** Writes a batch of observations in one statement. */
  recordObservations(batch: readonly NewObservation[]): Promise<void> {
    return this.#database.query((client) => insertObservations(client, batch));
  }

  /** Observations in the order in which they were added to the statistics, from the one after `position`, for a replay. */
  listObservations(release: Release, position: number, limit: number): Promise<readonly StoredObservation[]> {
    const { id, policy } = release;
    return this.#database.query((client) => findAddedObservations(client, id, policy.stages.length, position, limit));
  }

  /** Forgets up to `limit` observations of releases that ended before `before`; returns how many there were. */
  pruneObservations(before: Date, limit: number): Promise<number> {
    return this.#database.query((client) => deleteOldObservations(client, before, limit));
  }

  /** How a release stood over time. @throws release_not_found */
  readHistory(id: string): Promise<ReleaseHistory> {
    return this.#database.query(async (client) => {
      await findRelease(client, id);
      const points = await findReleasePoints(client, id);
      return { points, arms: await countArms(client, id, points.at(-1)?.position ?? 0) };
    });
  }

  readOpenCase(deployment: string, limit: number): Promise<OpenCase | null> {
    return readOpenCase(this.#database, deployment, limit);
  }

  settleJudgement(judgement: Judgement): Promise<Release> {
    return settleJudgement(this.#database, judgement);
  }

  /** What served a deployment at a time, the incumbent first. @throws deployment_not_found */
  findServing(deployment: string, at: Date): Promise<readonly ServingPeriod[]> {
    return this.#database.query(async (client) => {
      await findDeployment(client, deployment);
      return findServingAt(client, deployment, at);
    });
  }

  /** When a version served, newest first, at most `limit`. */
  listServingPeriods(versionId: string, limit: number): Promise<readonly ServingPeriod[]> {
    return this.#database.query((client) => findPeriodsOfVersion(client, versionId, limit));
  }

  /** The last quarantine of a version, also when it is over. */
  findQuarantine(versionId: string): Promise<VersionQuarantine | null> {
    return this.#database.query((client) => findQuarantine(client, versionId));
  }

  /** @throws deployment_not_found; invalid_value */
  listTimeline(deployment: string, page: TimelineQuery = {}): Promise<Page<TimelineEntry>> {
    return this.#database.query(async (client) => {
      await findDeployment(client, deployment);
      return findTimeline(client, deployment, page);
    });
  }

  /** The newest version of every policy, by name. */
  listPolicies(): Promise<readonly PolicyVersion[]> {
    return this.#database.query((client) => listPolicies(client));
  }

  /** The newest version of a policy. @throws policy_not_found */
  getPolicy(name: string): Promise<PolicyVersion> {
    return this.#database.query((client) => findPolicy(client, name));
  }

  /** Every stored version of a policy, newest first; none of one that is only built in. */
  listPolicyVersions(name: string): Promise<readonly PolicyVersion[]> {
    return this.#database.query((client) => findPolicyVersions(client, name));
  }

  writePolicy(name: string, document: unknown, by: Actor): Promise<PolicyVersion> {
    return writePolicy(this.#database, name, document, by);
  }
}
