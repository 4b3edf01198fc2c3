import { useState, type ReactNode } from 'react';
import { api, unwrap, type Answer } from '../../api/client.js';
import { useAction } from '../../data/use-action.js';
import { count, percent } from '../../format/numbers.js';
import { durationMs } from '../../format/times.js';
import { Button } from '../../ui/button.js';
import { NumberField } from '../../ui/inputs.js';
import { Section } from '../../ui/page.js';
import { Stat, Stats } from '../../ui/stat.js';
import { Notice } from '../../ui/states.js';

interface PolicySimulationProps {
  /** null while it is not one that could be written. */
  readonly document: Record<string, unknown> | null;
}

type Simulation = Answer<'/v1/admin/policies/simulate', 'post'>;

const RELEASES = 100;

/** Carries releases out on simulated traffic, before anybody goes by the policy. */
export function PolicySimulation({ document }: PolicySimulationProps): ReactNode {
  const [requestsPerSecond, setRequestsPerSecond] = useState<number | null>(5);
  const [shift, setShift] = useState<number | null>(0.1);
  const [errors, setErrors] = useState<number | null>(1);
  const [latency, setLatency] = useState<number | null>(1);
  const simulate = useAction(
    (policy: Record<string, unknown>) =>
      unwrap(
        api.POST('/v1/admin/policies/simulate', {
          body: {
            policy,
            effect: { shift_nats: shift ?? 0, errors_times: errors ?? 1, latency_times: latency ?? 1 },
            requests_per_second: requestsPerSecond ?? 5,
            releases: RELEASES,
          },
        }),
      ),
    { quiet: true },
  );
  const [found, setFound] = useState<Simulation | null>(null);
  const run = async (): Promise<void> => {
    if (document === null) return;
    setFound((await simulate.run(document)) ?? null);
  };
  return (
    <Section
      title="What it would do"
      note={`${RELEASES} releases of a version that is the same, and ${RELEASES} of one that is like this, on simulated traffic.`}
    >
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void run();
        }}
      >
        <div className="form-grid">
          <NumberField
            label="Traffic"
            unit="requests/s"
            min={0.001}
            max={10_000}
            value={requestsPerSecond}
            onChange={setRequestsPerSecond}
          />
          <NumberField
            label="Candidate is worse by"
            unit="nats"
            hint="Less than 0: better."
            min={-10}
            max={10}
            value={shift}
            onChange={setShift}
          />
          <NumberField label="Errors" unit="times" min={0} max={1000} value={errors} onChange={setErrors} />
          <NumberField label="Slow answers" unit="times" min={0} max={1000} value={latency} onChange={setLatency} />
        </div>
        <div>
          <Button type="submit" icon="dice" busy={simulate.isRunning} disabled={document === null}>
            Simulate
          </Button>
        </div>
      </form>
      {simulate.failure !== null && <Notice tone="bad">{simulate.failure.message}</Notice>}
      {found !== null && <Found found={found} />}
    </Section>
  );
}

function Found({ found }: { readonly found: Simulation }): ReactNode {
  const { same, changed, false_alarms: falseAlarms, power, complete } = found;
  return (
    <div className="stack" aria-live="polite">
      {!complete && (
        <Notice tone="warn" title="Cut short.">
          The time was over; the shares are of the releases that had ended.
        </Notice>
      )}
      <Stats>
        <Stat
          label="Same version, rolled back"
          value={percent(falseAlarms)}
          hint={`false alarms, of ${count(same.releases)}`}
          {...(falseAlarms > 0.02 && { tone: 'bad' })}
        />
        <Stat
          label="Same version, promoted"
          value={percent(same.promoted)}
          hint={same.median_seconds === null ? 'none in time' : `after ${durationMs(1000 * same.median_seconds)}`}
        />
        <Stat
          label="Like this, rolled back"
          value={percent(power)}
          hint={changed.rolled_back_for.length === 0 ? 'for nothing' : `for ${changed.rolled_back_for.join(', ')}`}
        />
        <Stat
          label="Like this, decided"
          value={changed.median_seconds === null ? '–' : durationMs(1000 * changed.median_seconds)}
          hint={changed.median_texts === null ? 'never' : `${count(changed.median_texts)} texts`}
        />
        <Stat label="Like this, promoted" value={percent(changed.promoted)} hint={`${percent(changed.held)} held`} />
      </Stats>
    </div>
  );
}
