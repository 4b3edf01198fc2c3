import { Injectable } from '@nestjs/common';
import { Counter, Gauge, Histogram } from 'prom-client';
import { ServiceMetrics } from '#observability';

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
/** Between two tokens of one choice: a step of the decoder takes a fraction of a millisecond to some tens. */
const TOKEN_SECONDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25];

/** Measures one choice from its admission to its end. */
export interface ChoiceTimer {
  sawText(): void;
  finished(promptTokens: number, completionTokens: number): void;
}

/** What Prometheus learns of completions, by model version. */
@Injectable()
export class CompletionMetrics {
  readonly #firstText: Histogram<'version'>;
  readonly #perToken: Histogram<'version'>;
  readonly #total: Histogram<'version'>;
  readonly #tokens: Counter<'version' | 'kind'>;
  readonly #registry: ServiceMetrics['registry'];

  constructor({ registry }: ServiceMetrics) {
    const labels = { labelNames: ['version'] as const, registers: [registry] };
    this.#registry = registry;
    this.#firstText = new Histogram({
      ...labels,
      name: 'understudy_time_to_first_text_seconds',
      help: 'From the admission of a choice to its first text, waiting for a place in the batch included.',
      buckets: SECONDS,
    });
    this.#perToken = new Histogram({
      ...labels,
      name: 'understudy_inter_token_seconds',
      help: 'Mean time between two tokens of a choice after its first text.',
      buckets: TOKEN_SECONDS,
    });
    this.#total = new Histogram({
      ...labels,
      name: 'understudy_completion_seconds',
      help: 'From the admission of a choice to its end.',
      buckets: SECONDS,
    });
    this.#tokens = new Counter({
      name: 'understudy_tokens_total',
      help: 'Tokens read from prompts and generated.',
      labelNames: ['version', 'kind'],
      registers: [registry],
    });
  }

  /** Shows how many choices are admitted and not finished. */
  watchAdmission(inside: () => number): void {
    const gauge: Gauge = new Gauge({
      name: 'understudy_choices_admitted',
      help: 'Choices that are being generated or wait for a place in the batch.',
      registers: [this.#registry],
      collect: () => gauge.set(inside()),
    });
  }

  start(version: string): ChoiceTimer {
    const startedAt = performance.now();
    let firstTextAt: number | null = null;
    return {
      sawText: () => {
        if (firstTextAt !== null) return;
        firstTextAt = performance.now();
        this.#firstText.observe({ version }, (firstTextAt - startedAt) / 1000);
      },
      finished: (promptTokens, completionTokens) => {
        const now = performance.now();
        this.#total.observe({ version }, (now - startedAt) / 1000);
        if (firstTextAt !== null && completionTokens > 1) {
          this.#perToken.observe({ version }, (now - firstTextAt) / 1000 / (completionTokens - 1));
        }
        this.#tokens.inc({ version, kind: 'prompt' }, promptTokens);
        this.#tokens.inc({ version, kind: 'completion' }, completionTokens);
      },
    };
  }
}
