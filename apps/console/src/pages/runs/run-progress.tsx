import type { ReactNode } from 'react';
import { count, percent, rate } from '../../format/numbers.js';
import { Meter } from '../../ui/meter.js';
import { Section } from '../../ui/page.js';
import { standing, type Job } from './run-words.js';

/** How far a run is that has not ended. */
export function RunProgress({ run }: { readonly run: Job }): ReactNode {
  const { progress } = run;
  const fraction = progress?.fraction ?? 0;
  return (
    <Section>
      <div className="runs-progress">
        <div className="row wrap spread">
          <strong>{capital(standing(run))}</strong>
          <span className="num">{percent(fraction)}</span>
        </div>
        <Meter value={fraction} max={1} label="Progress" />
        <div className="runs-progress-facts muted num">
          {progress !== null && progress.total_steps > 0 && (
            <>
              <span>
                step {count(progress.step)} of {count(progress.total_steps)}
              </span>
              <span>
                epoch {count(progress.epoch)} of {count(progress.epochs)}
              </span>
              <span>{rate(progress.tokens_per_second, 'tokens/s')}</span>
              {progress.device !== '' && (
                <span>
                  {progress.engine} on {progress.device}
                </span>
              )}
            </>
          )}
          {run.attempts > 1 && <span>attempt {run.attempts}</span>}
        </div>
      </div>
    </Section>
  );
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
