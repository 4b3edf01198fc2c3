import type { ChartSeries } from '../../../charts/chart-series.js';
import { decimal } from '../../../format/numbers.js';
import { differenceOf, lineOf, type Axis, type CurveLine } from './curve-line.js';
import type { MetricName, RunCurve } from './run-curve.js';

/** One line of a chart for each run. */
interface MetricLine {
  readonly metric: MetricName;
  readonly label: string;
  /** What training tells is drawn broken beside what an evaluation measures. */
  readonly dash?: readonly number[];
}

/** A chart of a run. */
export interface MetricChart {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly lines: readonly MetricLine[];
  readonly format: (value: number) => string;
  /** A logarithm helps: it is above 0 and spans orders. */
  readonly canBeLog: boolean;
  /** Limits that the upgrade rules set. */
  readonly limits?: readonly { readonly y: number; readonly label: string; readonly tone: 'warn' | 'bad' }[];
}

const BROKEN = [4, 3];

const number = (digits: number) => (value: number) => decimal(value, digits);

/** Every chart, the most important first. */
export const METRIC_CHARTS: readonly MetricChart[] = [
  {
    id: 'loss',
    title: 'Loss',
    unit: 'nats per token',
    lines: [
      { metric: 'valid_loss', label: 'validation' },
      { metric: 'train_loss', label: 'training', dash: BROKEN },
    ],
    format: number(3),
    canBeLog: true,
  },
  {
    id: 'perplexity',
    title: 'Perplexity',
    unit: '',
    lines: [
      { metric: 'valid_perplexity', label: 'validation' },
      { metric: 'train_perplexity', label: 'training', dash: BROKEN },
    ],
    format: number(1),
    canBeLog: true,
  },
  {
    id: 'accuracy',
    title: 'Accuracy',
    unit: '% of tokens, top 1',
    lines: [
      { metric: 'valid_mean_token_accuracy', label: 'validation' },
      { metric: 'train_accuracy', label: 'training', dash: BROKEN },
    ],
    format: (value) => `${decimal(value, 1)}%`,
    canBeLog: false,
  },
  {
    id: 'gap',
    title: 'Gap',
    unit: 'points, training less validation',
    lines: [{ metric: 'gap_points', label: 'gap' }],
    format: number(1),
    canBeLog: false,
    limits: [
      { y: 3, label: 'upgrade below 3', tone: 'warn' },
      { y: 5, label: 'overfits above 5', tone: 'bad' },
    ],
  },
  {
    id: 'learning-rate',
    title: 'Learning rate',
    unit: '',
    lines: [{ metric: 'learning_rate', label: 'learning rate' }],
    format: (value) => (value === 0 ? '0' : value.toPrecision(3)),
    canBeLog: true,
  },
  {
    id: 'gradient-norm',
    title: 'Gradient norm',
    unit: 'before clipping',
    lines: [{ metric: 'gradient_norm', label: 'gradient norm' }],
    format: number(2),
    canBeLog: true,
  },
  {
    id: 'speed',
    title: 'Speed',
    unit: 'tokens per second',
    lines: [{ metric: 'tokens_per_second', label: 'tokens/s' }],
    format: (value) => decimal(value, value < 100 ? 1 : 0),
    canBeLog: false,
  },
  {
    id: 'step-time',
    title: 'Time of a step',
    unit: 'ms',
    lines: [
      { metric: 'compute_ms', label: 'loss and gradients' },
      { metric: 'optimizer_ms', label: 'update', dash: BROKEN },
      { metric: 'read_ms', label: 'reading', dash: [1, 3] },
    ],
    format: number(1),
    canBeLog: true,
  },
];

/** A run that is drawn. */
export interface DrawnRun {
  readonly id: string;
  readonly label: string;
  readonly color: number;
  readonly curve: RunCurve;
}

/** How runs are drawn. */
export interface DrawingOptions {
  readonly axis: Axis;
  /** 0 to 0.99; what an evaluation measures is never smoothed. */
  readonly smooth: number;
  /** The run that the others are compared with; null: each by itself. */
  readonly base: DrawnRun | null;
}

/** Lines that an evaluation measures have few points and little noise. */
const MEASURED: ReadonlySet<MetricName> = new Set<MetricName>([
  'valid_loss',
  'valid_perplexity',
  'valid_mean_token_accuracy',
  'train_accuracy',
  'gap_points',
]);

/** The lines of a chart: of one run each kind in its own colour, of several runs a colour each. */
export function seriesOf(
  { lines }: MetricChart,
  runs: readonly DrawnRun[],
  { axis, smooth, base }: DrawingOptions,
): readonly ChartSeries[] {
  const isAlone = runs.length === 1 && base === null;
  return runs.flatMap((run) =>
    lines.flatMap(({ metric, label, dash }, kind): ChartSeries[] => {
      const own = lineOf(run.curve, metric, axis);
      const line = base === null ? own : differenceTo(base, run, metric, axis, own);
      if (line.xs.length === 0) return [];
      const factor = MEASURED.has(metric) ? 0 : smooth;
      return [
        {
          id: `${run.id} ${metric}`,
          label: isAlone ? label : lines.length === 1 ? run.label : `${run.label} ${label}`,
          points: line,
          color: isAlone ? kind : run.color,
          ...(dash !== undefined && !isAlone && { dash }),
          ...(factor > 0 && { smooth: factor }),
        },
      ];
    }),
  );
}

const differences = new WeakMap<CurveLine, WeakMap<CurveLine, CurveLine>>();

function differenceTo(base: DrawnRun, run: DrawnRun, metric: MetricName, axis: Axis, own: CurveLine): CurveLine {
  const other = lineOf(base.curve, metric, axis);
  if (base.id === run.id) return { xs: [], ys: [] };
  const known = differences.get(own) ?? new WeakMap<CurveLine, CurveLine>();
  differences.set(own, known);
  const difference = known.get(other) ?? differenceOf(own, other);
  known.set(other, difference);
  return difference;
}
