import type { ReactNode } from 'react';
import { api, unwrap } from '../../api/client.js';
import { useQuery } from '../../data/use-query.js';
import { useSearchState } from '../../navigation/use-search-state.js';
import type { ExplainedRelease, ReleaseSeries } from '../../serving/serving-types.js';
import { SelectField } from '../../ui/inputs.js';
import { Section } from '../../ui/page.js';
import { Resource } from '../../ui/resource.js';
import { Empty } from '../../ui/states.js';
import { ArmCharts } from './arm-charts.js';
import { MetricCharts } from './metric-charts.js';
import { metricName } from './release-words.js';

const OPEN_MS = 4_000;
const POINTS = 300;

/** How the evidence moved, metric by metric, and what each arm did. */
export function ReleaseEvidence({ release }: { readonly release: ExplainedRelease }): ReactNode {
  const { id, ended_at: endedAt, observations } = release;
  const series = useQuery(
    // One that has ended moves no more, but for what is added last.
    ['release', id, 'series', endedAt === null ? 'open' : observations],
    (signal) =>
      unwrap(
        api.GET('/v1/admin/releases/{id}/series', { params: { path: { id }, query: { points: POINTS } }, signal }),
      ),
    endedAt === null ? { topics: ['release'], everyMs: OPEN_MS } : {},
  );
  return (
    <Resource
      of={series}
      isEmpty={(data) => data.at.length === 0}
      empty={
        <Section title="How the evidence moved">
          <Empty title="No observation yet">
            Live texts are scored by both versions once the candidate has passed its gates; without traffic, probes are.
          </Empty>
        </Section>
      }
    >
      {(data) => (
        <>
          <MetricSection series={data} />
          <Section title="What each arm did" note="Between one point and the next.">
            <ArmCharts series={data} />
          </Section>
        </>
      )}
    </Resource>
  );
}

function MetricSection({ series }: { readonly series: ReleaseSeries }): ReactNode {
  const [chosen, setChosen] = useSearchState('metric', '');
  const metric = series.metrics.find((each) => each.metric === chosen) ?? series.metrics[0];
  if (metric === undefined) return null;
  return (
    <Section
      title="How the evidence moved"
      actions={
        <div className="releases-filter">
          <SelectField
            label="Metric"
            value={metric.metric}
            onChange={setChosen}
            options={series.metrics.map((each) => [each.metric, metricName(each.metric)])}
          />
        </div>
      }
    >
      <MetricCharts key={metric.metric} series={series} metric={metric} />
    </Section>
  );
}
