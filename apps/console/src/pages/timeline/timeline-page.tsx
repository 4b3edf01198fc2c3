import type { ReactNode } from 'react';
import { useSearchState } from '../../navigation/use-search-state.js';
import type { Deployment } from '../../serving/serving-types.js';
import { useDeployments } from '../../serving/use-serving.js';
import { SelectField } from '../../ui/inputs.js';
import { Page, Section } from '../../ui/page.js';
import { Resource } from '../../ui/resource.js';
import { Empty } from '../../ui/states.js';
import { ServingBars } from './serving-bars.js';
import { ServingAt } from './serving-at.js';
import { TimelineEntries } from './timeline-entries.js';
import './timeline.css';

/** The history of a deployment: who served when, what was decided, what people did. */
export function TimelinePage(): ReactNode {
  const deployments = useDeployments();
  return (
    <Page title="Timeline" lede="Who served when, and why: every release, promotion and rollback with its reason.">
      <Resource
        of={deployments}
        isEmpty={(data) => data.length === 0}
        empty={<Empty title="No deployment yet">A deployment is made by the first generator that serves it.</Empty>}
      >
        {(data) => <OfDeployment deployments={data} />}
      </Resource>
    </Page>
  );
}

function OfDeployment({ deployments }: { readonly deployments: readonly Deployment[] }): ReactNode {
  const [name, setName] = useSearchState('deployment', '');
  const chosen = deployments.find((each) => each.name === name) ?? deployments[0];
  if (chosen === undefined) return null;
  return (
    <>
      {deployments.length > 1 && (
        <div className="timeline-choice">
          <SelectField
            label="Deployment"
            value={chosen.name}
            onChange={setName}
            options={deployments.map((each) => [each.name, each.name])}
          />
        </div>
      )}
      <Section title={`Who served ${chosen.name}`} actions={<ServingAt deployment={chosen.name} />}>
        <ServingBars deployment={chosen.name} />
      </Section>
      <Section title="What happened">
        <TimelineEntries key={chosen.name} deployment={chosen.name} />
      </Section>
    </>
  );
}
