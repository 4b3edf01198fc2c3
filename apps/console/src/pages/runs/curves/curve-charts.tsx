import { useDeferredValue, useMemo, type ReactNode } from 'react';
import { Chart } from '../../../charts/chart.js';
import type { LimitLine } from '../../../charts/plot.js';
import { useSearchState } from '../../../navigation/use-search-state.js';
import { CheckField, RangeField, SelectField } from '../../../ui/inputs.js';
import { Segmented } from '../../../ui/tabs.js';
import type { Axis } from './curve-line.js';
import { METRIC_CHARTS, seriesOf, type DrawingOptions, type DrawnRun, type MetricChart } from './metric-charts.js';
import { WhenInSight } from './when-in-sight.js';
import './curve-charts.css';

interface CurveChartsProps {
  readonly runs: readonly DrawnRun[];
  /** These charts, by id, until somebody asks for all; all at once when left out. */
  readonly first?: readonly string[];
}

const HEIGHT = 210;
const AXES = [
  ['step', 'Steps'],
  ['time', 'Time'],
] as const;

const AXIS_LABELS: Readonly<Record<Axis, { readonly kind: 'number'; readonly label: string }>> = {
  step: { kind: 'number', label: 'step' },
  time: { kind: 'number', label: 'minutes' },
};
const NO_LIMITS: readonly LimitLine[] = [];
const NO_DIFFERENCE: readonly LimitLine[] = [{ y: 0, label: 'the same', tone: 'muted' }];

/** The curves of runs: one below the other, drawn over the same axis, with one cursor. */
export function CurveCharts({ runs, first }: CurveChartsProps): ReactNode {
  const [axis, setAxis] = useSearchState('x', 'step');
  const [smooth, setSmooth] = useSearchState('smooth', '0');
  const [scale, setScale] = useSearchState('scale', 'linear');
  const [extent, setExtent] = useSearchState('charts', '');
  const [baseId, setBase] = useSearchState('base', '');
  const smoothing = useDeferredValue(Number(smooth) || 0);
  const base = runs.length > 1 ? (runs.find(({ id }) => id === baseId) ?? null) : null;
  const options = useMemo(
    (): DrawingOptions => ({ axis: axis as Axis, smooth: smoothing, base }),
    [axis, smoothing, base],
  );
  const hasAll = first === undefined || extent === 'all';
  const charts = METRIC_CHARTS.filter(({ id }) => hasAll || first.includes(id));
  return (
    <div className="curves">
      <div className="curves-controls">
        <Segmented label="Horizontal axis" value={axis as Axis} onChange={setAxis} options={AXES} />
        <div className="curves-smooth">
          <RangeField
            label="Smoothing"
            value={Number(smooth) || 0}
            min={0}
            max={0.98}
            step={0.02}
            onChange={(value) => setSmooth(value === 0 ? '0' : String(value))}
          />
        </div>
        <CheckField
          label="Logarithmic"
          checked={scale === 'log'}
          onChange={(checked) => setScale(checked ? 'log' : 'linear')}
        />
        {first !== undefined && (
          <CheckField
            label="All charts"
            checked={extent === 'all'}
            onChange={(checked) => {
              setExtent(checked ? 'all' : '');
            }}
          />
        )}
        {runs.length > 1 && (
          <div className="curves-base">
            <SelectField
              label="Difference to"
              value={base?.id ?? ''}
              onChange={setBase}
              options={[['', 'none: overlay'], ...runs.map(({ id, label }) => [id, label] as const)]}
            />
          </div>
        )}
      </div>
      <div className="curves-grid">
        {charts.map((chart) => (
          <WhenInSight key={chart.id} height={HEIGHT + 48}>
            <MetricPlot chart={chart} runs={runs} options={options} isLog={scale === 'log'} />
          </WhenInSight>
        ))}
      </div>
    </div>
  );
}

interface MetricPlotProps {
  readonly chart: MetricChart;
  readonly runs: readonly DrawnRun[];
  readonly options: DrawingOptions;
  readonly isLog: boolean;
}

function MetricPlot({ chart, runs, options, isLog }: MetricPlotProps): ReactNode {
  const { title, unit, format, canBeLog, limits = NO_LIMITS } = chart;
  const { axis, base } = options;
  const isDifference = base !== null;
  const series = useMemo(() => seriesOf(chart, runs, options), [chart, runs, options]);
  const isLogarithmic = isLog && canBeLog && !isDifference;
  const y = useMemo(
    () => ({ label: title, log: isLogarithmic, format, ...(unit !== '' && { unit }) }),
    [title, unit, isLogarithmic, format],
  );
  return (
    <Chart
      title={isDifference ? `${title}, less that of ${base.label}` : title}
      series={series}
      x={AXIS_LABELS[axis]}
      y={y}
      height={HEIGHT}
      sync={`curves ${axis}`}
      lines={isDifference ? NO_DIFFERENCE : limits}
      empty={isDifference ? 'No steps in common with that run yet' : 'No points yet'}
    />
  );
}
