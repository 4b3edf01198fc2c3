import { useMemo, type ReactNode } from 'react';
import { Link } from 'wouter';
import { api, unwrap } from '../../api/client.js';
import { useQuery } from '../../data/use-query.js';
import { percent } from '../../format/numbers.js';
import { dateTime, durationMs } from '../../format/times.js';
import { useSearchState } from '../../navigation/use-search-state.js';
import { releasePath, versionPath } from '../../serving/paths.js';
import { Resource } from '../../ui/resource.js';
import { Empty } from '../../ui/states.js';
import { Segmented } from '../../ui/tabs.js';
import { useNowMs } from '../../ui/time.js';
import { periodsOf, placePeriods, type Bar, type Period } from './place-periods.js';

type Span = '1h' | '1d' | '7d' | 'all';

const SPANS: readonly (readonly [Span, string])[] = [
  ['1h', 'Hour'],
  ['1d', 'Day'],
  ['7d', 'Week'],
  ['all', 'All'],
];
const SECONDS: Readonly<Record<Span, number>> = { '1h': 3600, '1d': 86_400, '7d': 604_800, all: Infinity };
/** The last hundred periods: a release makes about seven. */
const MOST = 100;

/** When each version served: a line for each, full height where it had all of the requests. */
export function ServingBars({ deployment }: { readonly deployment: string }): ReactNode {
  const [chosen, setSpan] = useSearchState('span', 'all');
  const span = SPANS.find(([value]) => value === chosen)?.[0] ?? 'all';
  const query = useQuery(
    ['timeline', deployment, 'bars'],
    async (signal) => {
      const params = { path: { name: deployment }, query: { limit: MOST, source: 'serving' as const } };
      return periodsOf((await unwrap(api.GET('/v1/admin/deployments/{name}/timeline', { params, signal }))).data);
    },
    { topics: ['deployment', 'release'], everyMs: 30_000 },
  );
  return (
    <Resource of={query} empty={<Empty title="Nothing served yet">Promote a version on the page of releases.</Empty>}>
      {(periods) => (
        <>
          <div>
            <Segmented<Span> label="How far back" value={span} onChange={setSpan} options={SPANS} />
          </div>
          <Lines periods={periods} span={span} />
        </>
      )}
    </Resource>
  );
}

function Lines({ periods, span }: { readonly periods: readonly Period[]; readonly span: Span }): ReactNode {
  const now = Math.floor(useNowMs() / 1000);
  const first = Math.min(now - 60, ...periods.map(({ from }) => from));
  const from = Math.max(first, now - SECONDS[span]);
  const lines = useMemo(() => placePeriods(periods, from, now), [periods, from, now]);
  return (
    <div className="timeline-bars">
      {lines.map(({ version, bars }) => (
        <div key={version} className="timeline-line">
          <Link href={versionPath(version)} className="timeline-version mono" title={version}>
            {version}
          </Link>
          <div className="timeline-track">
            {bars.map((bar) => (
              <BarMark key={bar.period.id} bar={bar} />
            ))}
          </div>
        </div>
      ))}
      <div className="timeline-line timeline-axis" aria-hidden="true">
        <span />
        <div className="row spread small muted num">
          <span>{dateTime(from)}</span>
          <span>now</span>
        </div>
      </div>
    </div>
  );
}

function BarMark({ bar }: { readonly bar: Bar }): ReactNode {
  const { period, left, width } = bar;
  const { role, share, from, to, release, version } = period;
  const lasted = to === null ? 'until now' : `for ${durationMs(1000 * (to - from))}`;
  const said = `${version}: ${role} with ${percent(share, 0)} of the requests from ${dateTime(from)} ${lasted}`;
  const style = { left: `${100 * left}%`, width: `max(3px, ${100 * width}%)`, '--share': Math.max(share, 0.12) };
  if (release === null)
    return <span className="timeline-bar" data-role={role} style={style} title={said} role="img" aria-label={said} />;
  return (
    <Link
      href={releasePath(release)}
      className="timeline-bar"
      data-role={role}
      style={style}
      title={said}
      aria-label={said}
    />
  );
}
