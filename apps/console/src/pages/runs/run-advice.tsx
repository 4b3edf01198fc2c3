import { useState, type ReactNode } from 'react';
import { api, unwrap } from '../../api/client.js';
import { useQuery } from '../../data/use-query.js';
import { Button, ButtonLink } from '../../ui/button.js';
import { Section } from '../../ui/page.js';
import { Resource } from '../../ui/resource.js';
import { Notice } from '../../ui/states.js';
import { ReportView } from '../experiments/report/report-view.js';
import { presetsOf, verdictWords, type UpgradeReport } from '../experiments/report/verdict-words.js';
import { presetOf, type Job } from './run-words.js';
import '../experiments/experiments.css';

const LARGEST = 'medium';

/** Is a larger model worth it, after this run? Asked for by a person, because the first answer measures the model. */
export function RunAdvice({ run }: { readonly run: Job }): ReactNode {
  const { id } = run;
  const [isAsked, setAsked] = useState(false);
  const advice = useQuery(
    ['upgrade-advice', id],
    (signal) => unwrap(api.GET('/v1/upgrade-advice', { params: { query: { job: id } }, signal })),
    { enabled: isAsked },
  );
  if (presetOf(run) === LARGEST) return null;
  return (
    <>
      <Section
        id="advice"
        title={`Is ${LARGEST} worth training after this?`}
        note="The upgrade rules, held against this run. The first answer measures the model, which takes about as long as reading its text."
        actions={
          <>
            {!isAsked && (
              <Button small onClick={() => setAsked(true)}>
                Ask the rules
              </Button>
            )}
            <ButtonLink small href={`/experiments/new?from_job=${encodeURIComponent(id)}`}>
              Plan an experiment
            </ButtonLink>
          </>
        }
      >
        {isAsked && (
          <Resource of={advice} skeleton={3}>
            {(report) => <Verdict report={report} />}
          </Resource>
        )}
      </Section>
      {advice.data !== undefined && <ReportView report={advice.data} />}
    </>
  );
}

function Verdict({ report }: { readonly report: UpgradeReport }): ReactNode {
  const { advice } = report;
  const { title, tone } = verdictWords(advice.verdict, advice.stage, presetsOf(report), advice.tokensNeeded);
  const { reasons } = advice.ruleSets[advice.policy === 'literal' ? 'literal' : 'measured'];
  return (
    <Notice tone={tone} title={`${title}.`}>
      {reasons.join(' ')}
    </Notice>
  );
}
