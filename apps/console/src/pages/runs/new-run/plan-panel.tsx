import { useEffect, useState, type ReactNode } from 'react';
import { api, unwrap, type Answer, type Body } from '../../../api/client.js';
import { useQuery } from '../../../data/use-query.js';
import { compact, count, decimal } from '../../../format/numbers.js';
import { durationMs } from '../../../format/times.js';
import { ButtonLink } from '../../../ui/button.js';
import { Meter } from '../../../ui/meter.js';
import { Section } from '../../../ui/page.js';
import { Resource } from '../../../ui/resource.js';
import { Stat, Stats } from '../../../ui/stat.js';
import { Notice } from '../../../ui/states.js';
import type { RunRequest } from './run-request.js';

type Plan = Answer<'/v1/fine_tuning/plan', 'post'>;

/** As long as nobody types another digit. */
const PAUSE_MS = 300;
/** While the text is being looked at. */
const EVERY_MS = 3_000;
/** Training sequences for each parameter: the target of the upgrade rules is 5 to 10. */
const TARGET = 5;

/** What the run would be, and what to think of before it is started. */
export function PlanPanel({ request }: { readonly request: RunRequest }): ReactNode {
  const { model, file, settings } = request;
  const body = usePaused(JSON.stringify({ model, training_file: file, hyperparameters: settings }));
  const [isWaiting, setWaiting] = useState(false);
  const plan = useQuery(
    ['plan', body],
    async (signal) => {
      const answer = await unwrap(api.POST('/v1/fine_tuning/plan', { body: JSON.parse(body) as PlanBody, signal }));
      setWaiting(answer.size === null);
      return answer;
    },
    isWaiting ? { everyMs: EVERY_MS } : {},
  );
  return (
    <aside className="runs-plan">
      <Section title="What it would be">
        <Resource of={plan} skeleton={6}>
          {(data) => <PlanView plan={data} />}
        </Resource>
      </Section>
    </aside>
  );
}

type PlanBody = Body<'/v1/fine_tuning/plan', 'post'>;

function PlanView({ plan }: { readonly plan: Plan }): ReactNode {
  const { size, advice, preset, smaller_job: smaller } = plan;
  return (
    <>
      {size !== null && (
        <>
          <Stats>
            <Stat
              label="Parameters"
              value={compact(size.parameters)}
              hint={`vocabulary ${count(size.vocabulary_size)}`}
            />
            <Stat label="Training tokens" value={compact(size.training_tokens)} hint={`${count(size.steps)} steps`} />
            <Stat
              label="Time"
              value={size.seconds === null ? 'not known' : durationMs(size.seconds * 1000)}
              hint={size.seconds === null ? 'no run was measured here yet' : 'by the speed of the newest run'}
            />
          </Stats>
          <div className="stack">
            <div className="row spread">
              <span className="muted">Training sequences per parameter</span>
              <strong className="num">
                {decimal(size.tokens_per_parameter, size.tokens_per_parameter < 1 ? 2 : 1)}
              </strong>
            </div>
            <Meter
              value={size.tokens_per_parameter}
              max={2 * TARGET}
              mark={TARGET}
              label="Training sequences per parameter"
              tone={size.tokens_per_parameter < TARGET ? 'warn' : 'good'}
              text={`${decimal(size.tokens_per_parameter, 1)}; ${TARGET} to ${2 * TARGET} is the target`}
            />
          </div>
        </>
      )}
      {advice.map(({ code, level, message }) => (
        <Notice
          key={code}
          tone={level === 'error' ? 'bad' : level}
          {...(code === 'smaller_first' && {
            actions: (
              <ButtonLink small href={`/experiments/new?to=${encodeURIComponent(preset)}`}>
                Plan an experiment
              </ButtonLink>
            ),
          })}
          {...(code === 'ask_the_rules' &&
            smaller !== null && {
              actions: (
                <ButtonLink small href={`/runs/${encodeURIComponent(smaller)}#advice`}>
                  Ask the rules
                </ButtonLink>
              ),
            })}
        >
          {message}
        </Notice>
      ))}
    </>
  );
}

/** A text that follows another one once that has stood still. */
function usePaused(text: string): string {
  const [paused, setPaused] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setPaused(text), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return paused;
}
