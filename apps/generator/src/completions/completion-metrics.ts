import { Injectable } from '@nestjs/common';
import { Counter, Gauge, Histogram } from 'prom-client';
import { ServiceMetrics } from '#observability';
import type { Load } from '../admission/drain-rate.js';
import type { ReleaseArm } from '../releases/release-arms.js';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
/** Between two tokens of one choice: a step of the decoder takes a fraction of a millisecond to some tens. */
const TOKEN_SECONDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25];

/** Whose numbers they are. */
interface Labels {
  readonly version: string;
  readonly arm: ReleaseArm;
}

/** How a completion request ended after it was admitted. */
export type CompletionOutcome = 'completed' | 'cancelled' | 'failed';

/** What was measured of one prompt. */
export interface PromptMeasurement {
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Mean time between two tokens of one choice; null below two tokens. */
  readonly tokenMs: number | null;
}

/** What was measured of one request, from its arrival on. */
export interface RequestMeasurement {
  readonly outcome: CompletionOutcome;
  /** Until the decoder began to read its prompt; of several prompts, the first one. */
  readonly queuedMs: number | null;
  readonly firstTokenMs: number | null;
  readonly totalMs: number;
}

/** What is admitted at the moment. */
export interface AdmissionReading {
  readonly inside: number;
  readonly waiting: Load;
}

/** What Prometheus learns of completions, by model version and release arm. */
@Injectable()
export class CompletionMetrics {
  readonly #queued: Histogram<keyof Labels>;
  readonly #firstToken: Histogram<keyof Labels>;
  readonly #perToken: Histogram<keyof Labels>;
  readonly #total: Histogram<keyof Labels>;
  readonly #tokens: Counter<keyof Labels | 'kind'>;
  readonly #requests: Counter<keyof Labels | 'outcome'>;
  readonly #registry: ServiceMetrics['registry'];

  constructor({ registry }: ServiceMetrics) {
    this.#registry = registry;
    const histogram = (name: string, help: string, buckets: number[]): Histogram<keyof Labels> =>
      new Histogram({ name, help, buckets, labelNames: ['version', 'arm'], registers: [registry] });
    this.#queued = histogram(
      'understudy_queue_seconds',
      'From the arrival of a completion request until the decoder reads its prompt.',
      SECONDS,
    );
    this.#firstToken = histogram(
      'understudy_time_to_first_token_seconds',
      'From the arrival of a completion request to its first token, waiting included.',
      SECONDS,
    );
    this.#perToken = histogram(
      'understudy_inter_token_seconds',
      'Mean time between two tokens of a choice.',
      TOKEN_SECONDS,
    );
    this.#total = histogram(
      'understudy_completion_seconds',
      'From the arrival of a completion request to the end of its last choice.',
      SECONDS,
    );
    this.#tokens = new Counter({
      name: 'understudy_tokens_total',
      help: 'Tokens read from prompts and generated.',
      labelNames: ['version', 'arm', 'kind'],
      registers: [registry],
    });
    this.#requests = new Counter({
      name: 'understudy_completion_requests_total',
      help: 'Completion requests that were admitted, by how they ended.',
      labelNames: ['version', 'arm', 'outcome'],
      registers: [registry],
    });
  }

  /** Shows what is admitted and not finished. */
  watchAdmission(read: () => AdmissionReading): void {
    const gauge = (name: string, help: string, valueOf: (reading: AdmissionReading) => number): void => {
      const shown: Gauge = new Gauge({
        name,
        help,
        registers: [this.#registry],
        collect: () => shown.set(valueOf(read())),
      });
    };
    gauge('understudy_choices_admitted', 'Sequences that are decoded or wait.', ({ inside }) => inside);
    gauge('understudy_choices_waiting', 'Sequences that wait for their turn.', ({ waiting }) => waiting.sequences);
    gauge('understudy_tokens_waiting', 'Estimated tokens that wait for their turn.', ({ waiting }) => waiting.tokens);
  }

  /** A prompt is done. */
  measuredPrompt(labels: Labels, { promptTokens, completionTokens, tokenMs }: PromptMeasurement): void {
    this.#tokens.inc({ ...labels, kind: 'prompt' }, promptTokens);
    this.#tokens.inc({ ...labels, kind: 'completion' }, completionTokens);
    if (tokenMs !== null) this.#perToken.observe({ ...labels }, tokenMs / 1000);
  }

  /** A request is over. */
  measuredRequest(labels: Labels, { outcome, queuedMs, firstTokenMs, totalMs }: RequestMeasurement): void {
    this.#requests.inc({ ...labels, outcome });
    if (queuedMs !== null) this.#queued.observe({ ...labels }, queuedMs / 1000);
    if (firstTokenMs !== null) this.#firstToken.observe({ ...labels }, firstTokenMs / 1000);
    if (outcome === 'completed') this.#total.observe({ ...labels }, totalMs / 1000);
  }
}
