import 'uplot/dist/uPlot.min.css';
import { useEffect, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import { decimal } from '../format/numbers.js';
import { useTheme } from '../ui/theme.js';
import { drawings } from './drawings.js';
import { linesOf, rangeOf, type ChartSeries } from './chart-series.js';
import { Plot, type LimitLine, type Mark, type XAxis, type YAxis } from './plot.js';
import { seriesColor } from './series-color.js';
import { valueAt } from './value-at.js';

interface ChartProps {
  readonly title: string;
  /** The same arrays mean that nothing changed. */
  readonly series: readonly ChartSeries[];
  readonly x?: XAxis;
  readonly y?: YAxis;
  readonly height?: number;
  readonly sync?: string;
  readonly lines?: readonly LimitLine[];
  readonly marks?: readonly Mark[];
  /** Stands there while there are no points. */
  readonly empty?: string;
}

const NUMBER: XAxis = { kind: 'number', label: 'step' };
const NO_UNIT: YAxis = { label: '' };
const NO_LIMITS: readonly LimitLine[] = [];
const NO_MARKS: readonly Mark[] = [];
const NARROWEST = 120;
/** So much before it is scrolled into sight, it is drawn. */
const NEAR = '240px';

/** Curves over a common x. Drag to see a part; double click, or 0, to see all; the arrow keys move the cursor, + and - zoom. */
export function Chart(props: ChartProps): ReactNode {
  const { title, series, x = NUMBER, y = NO_UNIT, height = 200, sync } = props;
  const { lines: limits = NO_LIMITS, marks = NO_MARKS, empty = 'No points yet.' } = props;
  const { shown: theme } = useTheme();
  const host = useRef<HTMLDivElement>(null);
  const legend = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot | null>(null);
  const [isZoomed, setZoomed] = useState(false);
  const drawn = useMemo(() => series.flatMap(linesOf), [series]);
  const range = useMemo(() => rangeOf(series), [series]);
  const hasPoints = range !== null;
  // Everything that the drawing is built from; the points are handed in afterwards, again and again.
  const form = JSON.stringify([
    drawn.map(({ series: of, kind }) => [of.id, of.label, of.color, of.dash, of.width, kind]),
  ]);
  const latest = useRef({ drawn, range, series, y });
  useEffect(() => {
    latest.current = { drawn, range, series, y };
  });
  useEffect(() => {
    const element = host.current;
    if (element === null || !hasPoints) return;
    const onCursor = (at: number | null): void =>
      showValues(legend.current, latest.current.series, latest.current.y, at);
    const setup = { x, y, height, limits, marks, sync, onCursor, onZoom: setZoomed };
    let made: Plot | null = null;
    let isInSight = false;
    let width = element.clientWidth;
    const make = (): void => {
      made = new Plot(element, Math.max(NARROWEST, width), { ...setup, lines: latest.current.drawn });
      plot.current = made;
      made.setInSight(isInSight);
      if (latest.current.range !== null) made.setData(latest.current.drawn, latest.current.range);
    };
    setZoomed(false);
    const sight = new IntersectionObserver(
      (entries) => {
        isInSight = entries.at(-1)?.isIntersecting ?? false;
        made?.setInSight(isInSight);
        // Nothing is made that nobody has come near to.
        if (made === null && isInSight) drawings.add(setup, make);
      },
      { rootMargin: NEAR },
    );
    sight.observe(element);
    const observer = new ResizeObserver(() => {
      if (element.clientWidth === width) return;
      width = element.clientWidth;
      made?.resize(Math.max(NARROWEST, width));
    });
    observer.observe(element);
    return () => {
      drawings.remove(setup);
      sight.disconnect();
      observer.disconnect();
      made?.destroy();
      plot.current = null;
    };
  }, [hasPoints, form, theme, x, y, height, limits, marks, sync]);
  useEffect(() => {
    if (range !== null) plot.current?.setData(drawn, range);
    showValues(legend.current, series, y, null);
  }, [drawn, range, series, y]);
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>): void => {
    const act = KEYS[event.key];
    if (act === undefined || plot.current === null) return;
    event.preventDefault();
    act(plot.current);
  };
  return (
    <figure className="chart">
      <figcaption className="chart-head">
        <span className="chart-title">
          {title}
          {y.unit !== undefined && <span className="muted"> · {y.unit}</span>}
        </span>
        {isZoomed && (
          <button type="button" className="button" data-small="true" onClick={() => plot.current?.showAll()}>
            Show all
          </button>
        )}
      </figcaption>
      <div className="chart-legend" ref={legend}>
        {series.map(({ id, label, color }, index) => (
          <span key={id} className="chart-key" style={{ '--key': seriesColor(color ?? index) } as object}>
            {label} <b>–</b>
          </span>
        ))}
      </div>
      {hasPoints ? (
        <div
          ref={host}
          className="chart-plot"
          style={{ height }}
          tabIndex={0}
          role="img"
          aria-label={`${title}. ${summaryOf(series, y)}`}
          onKeyDown={onKeyDown}
          onBlur={() => plot.current?.hideCursor()}
        />
      ) : (
        <div className="chart-empty" style={{ height }}>
          {empty}
        </div>
      )}
    </figure>
  );
}

const KEYS: Readonly<Record<string, (plot: Plot) => void>> = {
  ArrowLeft: (plot) => plot.moveCursor(-0.02),
  ArrowRight: (plot) => plot.moveCursor(0.02),
  '+': (plot) => plot.zoomBy(0.5),
  '=': (plot) => plot.zoomBy(0.5),
  '-': (plot) => plot.zoomBy(2),
  '0': (plot) => plot.showAll(),
  Escape: (plot) => plot.hideCursor(),
};

/** Written past React: it happens at every move of the pointer. */
function showValues(legend: HTMLElement | null, series: readonly ChartSeries[], y: YAxis, at: number | null): void {
  if (legend === null) return;
  for (const [index, { points }] of series.entries()) {
    const value = valueAt(points, at);
    const element = legend.children[index]?.querySelector('b');
    if (element) element.textContent = value === null ? '–' : formatted(value, y);
  }
}

function summaryOf(series: readonly ChartSeries[], y: YAxis): string {
  const parts = series.slice(0, 12).flatMap(({ label, points }) => {
    const last = valueAt(points, null);
    return last === null ? [] : [`${label}: ${formatted(last, y)}`];
  });
  return parts.length === 0 ? 'No points yet.' : `Last values: ${parts.join(', ')}.`;
}

function formatted(value: number, { format, unit }: YAxis): string {
  return format?.(value) ?? (unit === undefined ? decimal(value) : `${decimal(value)} ${unit}`);
}
