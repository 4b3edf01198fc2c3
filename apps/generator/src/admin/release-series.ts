import { explain, type Explanation, estimate, type MetricEstimate } from '#release-policy';
import type { Release, ReleaseHistory, ReleasePoint } from '#registry/releases';
import type { Schema } from '../error-docs.js';
import { pointOf } from '../releases/point-of.js';
import { about, arrayOf, FIELD, fieldsSchema, nullable, objectSchema, oneOf } from './admin-docs.js';

const NUMBERS = arrayOf(nullable(FIELD.number));
const COUNTS = arrayOf(FIELD.count);

const ARM = fieldsSchema({
  requests: about(COUNTS, 'Since the point before, as are the others.'),
  errors: COUNTS,
  late: about(COUNTS, 'Requests beyond the limit of latency.'),
  mean_ms: about(NUMBERS, 'Mean time of a request; null where none was timed.'),
});

const BOUND = nullable(about(FIELD.number, 'null where the decision can never come.'));

/** How a release stood over time: columns of equal length. */
export const RELEASE_SERIES: Schema = objectSchema('release_series', {
  release: FIELD.text,
  at: about(arrayOf(FIELD.number), 'Unix time in seconds, with milliseconds.'),
  stage_index: COUNTS,
  observations: about(COUNTS, 'How many had been added by then.'),
  metrics: arrayOf(
    about(
      fieldsSchema({
        metric: FIELD.text,
        unit: oneOf(['nats_per_token', 'times']),
        limit: about(FIELD.number, 'In the unit: what is above is harm.'),
        level: about(FIELD.number, 'Of the interval from lower to upper, which holds at all times at once.'),
        bounds: about(
          fieldsSchema({ rollback: BOUND, promotion: BOUND, change: BOUND }),
          'Logarithms of the wealth that decides.',
        ),
        n: arrayOf(nullable(FIELD.count)),
        estimate: NUMBERS,
        lower: NUMBERS,
        upper: NUMBERS,
        rollback: about(NUMBERS, 'Logarithm of the wealth towards a rollback.'),
        promotion: about(NUMBERS, 'Logarithm of the wealth towards promotion.'),
        change: about(NUMBERS, 'Logarithm of the detector of a change, during the watch.'),
      }),
      'During the watch n, estimate, lower and upper are those since promotion. null where nothing was seen yet.',
    ),
  ),
  arms: fieldsSchema({ candidate: ARM, incumbent: ARM }),
});

/**
 * The history of a release in at most so many points: first, last and evenly between. What the arms did is added up over those
 * that are left out.
 */
export function seriesObject(release: Release, history: ReleaseHistory, most: number): object {
  const points = thinned(withNow(release, history), most);
  const estimates = estimate(release.policy, release.statistics);
  const metrics = explain(release.policy, release.statistics).metrics.flatMap((metric, index) => {
    const rows = points.map((point) => point.metrics.find((one) => one.metric === metric.metric));
    return rows.every((row) => row === undefined) ? [] : [metricColumns(metric, estimates[index]!, rows)];
  });
  return {
    object: 'release_series',
    release: release.id,
    at: points.map(({ at }) => at.getTime() / 1_000),
    stage_index: points.map(({ stageIndex }) => stageIndex),
    observations: points.map(({ position }) => position),
    metrics,
    arms: { candidate: armColumns(points, 'candidate'), incumbent: armColumns(points, 'incumbent') },
  };
}

/** With the present as its last point, where observations have come since. */
function withNow(release: Release, { points, arms }: ReleaseHistory): readonly ReleasePoint[] {
  const { policy, statistics, position, stageIndex, observedAt } = release;
  if (observedAt === null || position <= (points.at(-1)?.position ?? 0)) return points;
  return [...points, { ...pointOf(policy, statistics, { position, stageIndex }), at: observedAt, arms }];
}

function thinned(points: readonly ReleasePoint[], most: number): readonly ReleasePoint[] {
  if (points.length <= most) return points;
  const kept: ReleasePoint[] = [];
  let from = 0;
  for (let index = 0; index < most; index++) {
    const at = Math.round((index * (points.length - 1)) / (most - 1));
    const since = points.slice(from, at + 1).map(({ arms }) => arms);
    kept.push({ ...points[at]!, arms: { candidate: sumOf(since, 'candidate'), incumbent: sumOf(since, 'incumbent') } });
    from = at + 1;
  }
  return kept;
}

type Arms = ReleasePoint['arms'];

function sumOf(parts: readonly Arms[], arm: keyof Arms): Arms[keyof Arms] {
  const sum = (field: keyof Arms[keyof Arms]): number => parts.reduce((total, part) => total + part[arm][field], 0);
  return {
    requests: sum('requests'),
    errors: sum('errors'),
    late: sum('late'),
    timed: sum('timed'),
    durationMs: sum('durationMs'),
  };
}

function metricColumns(
  { metric, rollback, promotion, watch }: Explanation['metrics'][number],
  { unit, limit, level }: MetricEstimate,
  rows: readonly (ReleasePoint['metrics'][number] | undefined)[],
): object {
  const column = (field: 'n' | 'estimate' | 'lower' | 'upper' | 'rollback' | 'promotion' | 'change') =>
    rows.map((row) => row?.[field] ?? null);
  return {
    metric,
    unit,
    limit,
    level,
    bounds: { rollback: logOf(rollback.bound), promotion: logOf(promotion.bound), change: logOf(watch.change.bound) },
    n: column('n'),
    estimate: column('estimate'),
    lower: column('lower'),
    upper: column('upper'),
    rollback: column('rollback'),
    promotion: column('promotion'),
    change: column('change'),
  };
}

function armColumns(points: readonly ReleasePoint[], arm: keyof Arms): object {
  const column = (field: 'requests' | 'errors' | 'late'): number[] => points.map(({ arms }) => arms[arm][field]);
  const means = points.map(({ arms }) => {
    const { timed, durationMs } = arms[arm];
    return timed === 0 ? null : Number((durationMs / timed).toPrecision(4));
  });
  return { requests: column('requests'), errors: column('errors'), late: column('late'), mean_ms: means };
}

function logOf(bound: number | null): number | null {
  return bound === null ? null : Math.log(bound);
}
