import { Injectable } from '@nestjs/common';
import { ArtifactStore } from '#artifacts';
import { isCodedError } from '#errors';
import type { ReleasePolicy } from '#release-policy';
import { Registry } from '#registry';
import type { Release } from '#registry/releases';
import type { LoadedVersion } from '../models/loaded-version.js';
import { measureProbe, type ProbeMeasurement } from '../models/measure-probe.js';
import { ModelHost } from '../models/model-host.js';
import { NO_FINDINGS, type GateFindings } from './gate-findings.js';
import { probeProblems } from './probe-problems.js';

const MEBIBYTE = 1024 ** 2;
/** How long a failure is remembered before the gates are asked again, and that they could not be asked. */
const AGAIN_AFTER_MS = 30_000;
const ASK_AGAIN_MS = 3_000;
/** How many tokens a model without a probe is tried on. */
const TRIAL_TOKENS = 32;
/** Errors of a bundle: the version is not what was registered. */
const BROKEN = ['bundle_missing', 'bundle_corrupt', 'artifact_missing', 'artifact_corrupt'] as const;

interface Answer {
  readonly releaseId: string;
  readonly findings: GateFindings;
  readonly askAgainAtMs: number;
}

/**
 * What a candidate must pass before it serves anything, asked of this replica: room in memory, every hash of its bundle, a warm
 * model, numbers that are numbers, and the probe's perplexity near the registered one. As long as the release is open both
 * versions are asked for their probes again and again.
 */
@Injectable()
export class HardGates {
  #answer: Answer | null = null;
  #asking: Promise<void> | null = null;

  constructor(
    private readonly host: ModelHost,
    private readonly store: ArtifactStore,
    private readonly registry: Registry,
  ) {}

  /** The newest findings of a release. Before it has passed they are waited for; after that they are renewed beside the work. */
  async find(release: Release): Promise<GateFindings> {
    const known = this.#answer?.releaseId === release.id ? this.#answer : null;
    const isDue = known === null || known.askAgainAtMs <= performance.now();
    if (isDue) this.#asking ??= this.#ask(release).finally(() => (this.#asking = null));
    // Asked beside the work: an error of the database comes again where it matters.
    this.#asking?.catch(() => undefined);
    if (known === null || release.gates === null) await this.#asking;
    const { releaseId, findings } = this.#answer ?? { releaseId: null, findings: NO_FINDINGS };
    return releaseId === release.id ? findings : NO_FINDINGS;
  }

  /** Waits for what is being asked. */
  async settle(): Promise<void> {
    await this.#asking?.catch(() => undefined);
  }

  async #ask(release: Release): Promise<void> {
    const findings = await this.#measure(release);
    const isFine = findings.passed !== null && findings.candidate.length + findings.incumbent.length === 0;
    const failedMs = findings.waiting === null ? AGAIN_AFTER_MS : ASK_AGAIN_MS;
    const waitMs = isFine ? 1000 * release.policy.probes.intervalSeconds : failedMs;
    this.#answer = { releaseId: release.id, findings, askAgainAtMs: performance.now() + waitMs };
  }

  async #measure({ candidateVersionId, incumbentVersionId, policy, gates }: Release): Promise<GateFindings> {
    const isClosed = gates === null;
    const freeMib = Math.floor(process.availableMemory() / MEBIBYTE);
    const { minFreeMemoryMib } = policy.gates;
    if (isClosed && freeMib < minFreeMemoryMib) {
      const waiting = `${freeMib} MiB of memory are free on the judging replica; the policy asks for ${minFreeMemoryMib}.`;
      return { ...NO_FINDINGS, waiting, measured: { freeMib } };
    }
    const [candidate, incumbent] = await Promise.all([
      this.#measureVersion(candidateVersionId, policy, isClosed),
      this.#measureVersion(incumbentVersionId, policy, false),
    ]);
    const measured = { freeMib, candidate: candidate.measured, incumbent: incumbent.measured };
    const waiting = candidate.waiting;
    const passed = candidate.problems.length === 0 && waiting === null ? measured : null;
    return { passed, candidate: candidate.problems, incumbent: incumbent.problems, waiting, measured };
  }

  /** @param fromDisk whether every hash is compared also where the version is in memory: other replicas have to load it */
  async #measureVersion(id: string, { gates }: ReleasePolicy, fromDisk: boolean): Promise<VersionFindings> {
    try {
      if (fromDisk) await this.store.verifyBundle((await this.registry.getModelVersion(id)).bundleSha256);
      // Leased, so that nobody unloads it while it is asked.
      const { loaded, release } = await this.host.lease(id);
      try {
        const measured = await measureProbe(loaded);
        const problems =
          measured === null ? await tryWithoutProbe(loaded) : probeProblems(id, measured, gates.probePerplexityBand);
        return { problems, waiting: null, measured };
      } finally {
        release();
      }
    } catch (error) {
      if (isCodedError(error, 'database_unavailable')) throw error;
      if (BROKEN.some((code) => isCodedError(error, code))) {
        return { problems: [`${id} cannot be loaded: ${(error as Error).message}`], waiting: null, measured: null };
      }
      const reason = error instanceof Error ? error.message : String(error);
      return { problems: [], waiting: `${id} could not be asked on the judging replica: ${reason}`, measured: null };
    }
  }
}

interface VersionFindings {
  readonly problems: readonly string[];
  readonly waiting: string | null;
  readonly measured: ProbeMeasurement | null;
}

/** A bundle from before there were probes says nothing about how good it should be: that its numbers are numbers is all. */
async function tryWithoutProbe({ version, engine }: LoadedVersion): Promise<string[]> {
  const { vocabularySize } = engine.config;
  const text = Array.from({ length: TRIAL_TOKENS }, (_, index) => (index * 7) % vocabularySize);
  const { scores } = await engine.score([text]);
  if (scores.every(({ lossNats }) => Number.isFinite(lossNats))) return [];
  return [`${version.id} gives probabilities that are not numbers.`];
}
