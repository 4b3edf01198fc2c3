import type { ReactNode } from 'react';
import { count, decimal } from '../../format/numbers.js';
import type { ExplainedRelease, ReleaseMetric } from '../../serving/serving-types.js';
import { Badge } from '../../ui/badge.js';
import { Disclosure } from '../../ui/disclosure.js';
import { Meter } from '../../ui/meter.js';
import { IntervalPlot } from './interval-plot.js';
import { intervalText, inUnit, isTelling, metricName, odds, progressOf } from './release-words.js';

/** Every harm that the release is judged by; those of which nothing was seen are folded away. */
export function MetricList({ release }: { readonly release: ExplainedRelease }): ReactNode {
  const isWatched = release.stage === 'watched';
  const telling = release.metrics.filter(isTelling);
  const silent = release.metrics.filter((metric) => !isTelling(metric));
  return (
    <>
      <div className="releases-metrics">
        {telling.map((metric) => (
          <MetricRow key={metric.metric} metric={metric} isWatched={isWatched} />
        ))}
      </div>
      {silent.length > 0 && (
        <Disclosure summary={`${silent.length} more, of which nothing was seen`}>
          <div className="releases-metrics">
            {silent.map((metric) => (
              <MetricRow key={metric.metric} metric={metric} isWatched={isWatched} />
            ))}
          </div>
        </Disclosure>
      )}
    </>
  );
}

function MetricRow({ metric, isWatched }: { readonly metric: ReleaseMetric; readonly isWatched: boolean }): ReactNode {
  const { metric: name, meaning, unit, limit, required, n, watch } = metric;
  // What was seen since promotion counts from then on; until there is something, what was seen before is shown.
  const seen = isWatched && watch.n > 0 ? watch : metric;
  return (
    <article className="releases-metric" aria-label={metricName(name)}>
      <div>
        <h3 className="row wrap">
          {metricName(name)}
          {required && <Badge tone="info">decides promotion</Badge>}
        </h3>
        <p className="muted small">
          {meaning}; {count(isWatched ? watch.n : n)} {isWatched ? 'since promotion' : 'so far'}
        </p>
      </div>
      <div className="releases-metric-value">
        <div className="row spread wrap">
          <strong className="num">{seen.estimate === null ? 'nothing seen yet' : inUnit(seen.estimate, unit)}</strong>
          <span className="muted small num">harm above {inUnit(limit, unit)}</span>
        </div>
        <IntervalPlot unit={unit} limit={limit} estimate={seen.estimate} interval={seen.interval} />
        <p className="muted small num">{intervalText(seen.interval, unit)}</p>
      </div>
      <div className="releases-metric-distances">
        {isWatched ? (
          <DistanceMeter label="Rollback" distance={watch.change} tone="bad" />
        ) : (
          <>
            <DistanceMeter label="Rollback" distance={metric.rollback} tone="bad" unit={unit} />
            {required && <DistanceMeter label="Promotion" distance={metric.promotion} tone="good" unit={unit} />}
          </>
        )}
      </div>
    </article>
  );
}

interface DistanceMeterProps {
  readonly label: string;
  readonly distance: {
    readonly wealth: number;
    readonly peak: number;
    readonly bound: number | null;
    readonly distance?: number | null;
  };
  readonly tone: 'good' | 'bad';
  readonly unit?: ReleaseMetric['unit'];
}

/** How much of the evidence for a decision is there, on the scale of its logarithm. */
function DistanceMeter({ label, distance, tone, unit }: DistanceMeterProps): ReactNode {
  const progress = progressOf(distance);
  if (progress === null || distance.bound === null)
    return (
      <div className="releases-distance">
        <span className="muted small">{label}: not decided by this</span>
      </div>
    );
  const missing = distance.distance ?? null;
  const said = progress >= 1 ? 'decided' : `${odds(distance.wealth)} of ${odds(distance.bound)}`;
  return (
    <div className="releases-distance">
      <div className="row spread small">
        <span>{label}</span>
        <span className="muted num">{said}</span>
      </div>
      <Meter value={progress} max={1} label={`Evidence for ${label.toLowerCase()}`} tone={tone} text={said} />
      {missing !== null && unit !== undefined && progress < 1 && (
        <span className="muted small num">
          {missing <= 0 ? 'within reach' : `${decimal(missing, 3)}${unit === 'times' ? '×' : ' nats'} to go`}
        </span>
      )}
    </div>
  );
}
