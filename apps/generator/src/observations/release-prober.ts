import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { LoadedVersion } from '../models/loaded-version.js';
import { ReleaseArms } from '../releases/release-arms.js';
import { PairedScorer } from './paired-scorer.js';

/** How often it is looked whether it is time for a probe. */
const TICK_MS = 250;
/** Texts of a probe: they are read side by side, in the time of two or three. */
const TEXTS = 8;

/**
 * Lets both versions of a release score held-out texts on a schedule, whether there is traffic or not. The texts are drawn at random each
 * time, from the probes that both brought along: so each of them says as much about all of them as any other.
 */
@Injectable()
export class ReleaseProber implements OnApplicationBootstrap, BeforeApplicationShutdown {
  #timer: NodeJS.Timeout | undefined;
  #probing: Promise<void> | null = null;
  #lastAtMs = -Infinity;
  #lastReleaseId: string | null = null;

  constructor(
    private readonly arms: ReleaseArms,
    private readonly scorer: PairedScorer,
  ) {}

  onApplicationBootstrap(): void {
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer);
    await this.#probing;
  }

  #tick(): void {
    const { live } = this.arms;
    if (live === null || live.policy.mode === 'off' || this.#probing !== null) return;
    const { id, policy } = live;
    const isNew = id !== this.#lastReleaseId;
    if (!isNew && performance.now() - this.#lastAtMs < 1000 * policy.probes.intervalSeconds) return;
    const ready = this.arms.ready(live);
    if (ready === null) return;
    this.#lastAtMs = performance.now();
    this.#lastReleaseId = id;
    const texts = [...probeTexts(ready.candidate), ...probeTexts(ready.incumbent)];
    const drawn =
      texts.length === 0
        ? []
        : Array.from({ length: TEXTS }, () => texts[Math.floor(Math.random() * texts.length)] ?? '');
    this.#probing = this.scorer.probe(live, drawn).finally(() => (this.#probing = null));
  }
}

function probeTexts({ engine }: LoadedVersion): string[] {
  return engine.probeText?.texts.map((ids) => engine.tokenizer.decode(ids)) ?? [];
}
