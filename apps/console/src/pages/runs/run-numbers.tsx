import type { ReactNode } from 'react';
import { compact, decimal, percent, points, rate } from '../../format/numbers.js';
import { durationMs } from '../../format/times.js';
import { Section } from '../../ui/page.js';
import { Stat, Stats } from '../../ui/stat.js';
import { runMs, type Job } from './run-words.js';

/** Limits of the gap between training and validation, in points of accuracy, from the upgrade rules. */
const GAP_FINE = 3;
const GAP_OVERFITS = 5;

/** What a run has reached: its best evaluation, which is what is registered, and its newest one. */
export function RunNumbers({ run }: { readonly run: Job }): ReactNode {
  const newest = run.progress?.evaluation ?? null;
  const best = run.progress?.best ?? null;
  const gap = newest?.gap_points ?? null;
  return (
    <Section>
      <Stats>
        <Stat
          label="Best validation loss"
          value={decimal(best?.validation.loss)}
          unit="nats"
          hint={
            best === null
              ? 'not evaluated yet'
              : `at step ${best.step.toLocaleString('en')}, newest ${decimal(newest?.validation.loss)}`
          }
        />
        <Stat
          label="Perplexity"
          value={decimal(best?.validation.perplexity, 1)}
          hint={newest === null ? undefined : `training text ${decimal(newest.train.perplexity, 1)}`}
        />
        <Stat
          label="Validation accuracy"
          value={percent(best?.validation.top1)}
          hint={newest === null ? undefined : `top 5: ${percent(newest.validation.top5)}`}
        />
        <Stat
          label="Gap"
          value={points(gap)}
          hint="training less validation"
          {...(gap !== null && gap > GAP_FINE && { tone: gap > GAP_OVERFITS ? ('bad' as const) : ('warn' as const) })}
        />
        <Stat
          label="Speed"
          value={rate(run.progress?.tokens_per_second, 'tok/s')}
          hint={`${compact(run.trained_tokens)} tokens`}
        />
        <Stat
          label="Took"
          value={durationMs(runMs(run))}
          hint={run.attempts > 1 ? `${run.attempts} attempts` : 'of a worker’s time'}
        />
      </Stats>
    </Section>
  );
}
