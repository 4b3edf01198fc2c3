import uPlot from 'uplot';
import { numberLabels, timeLabels } from './axis-labels.js';
import { alignedData, type DrawnLine } from './chart-series.js';
import { decimate } from './decimate.js';
import { drawings } from './drawings.js';
import { drawnSeries, styleOf } from './drawn-series.js';
import { paintColor, type SeriesColor } from './series-color.js';

/** A line across a chart, such as a limit. */
export interface LimitLine {
  readonly y: number;
  readonly label: string;
  readonly tone: SeriesColor;
}

/** A moment that a chart marks, such as a promotion. */
export interface Mark {
  readonly x: number;
  readonly label: string;
  readonly tone: SeriesColor;
}

/** What x is. */
export interface XAxis {
  readonly kind: 'number' | 'time' | 'log';
  readonly label: string;
}

/** What y is. */
export interface YAxis {
  readonly label: string;
  readonly unit?: string;
  readonly log?: boolean;
  /** Is shown in any case. */
  readonly min?: number;
  readonly max?: number;
  readonly format?: (value: number) => string;
}

/** Everything about a drawing but its points. */
export interface PlotSetup {
  readonly lines: readonly DrawnLine[];
  readonly x: XAxis;
  readonly y: YAxis;
  readonly height: number;
  readonly limits: readonly LimitLine[];
  readonly marks: readonly Mark[];
  /** Charts of the same name move their cursors together. */
  readonly sync: string | undefined;
  /** Told where the pointer is, in x. */
  readonly onCursor: (x: number | null) => void;
  readonly onZoom: (isZoomed: boolean) => void;
}

type Range = readonly [number, number];

const FONT = '11px system-ui, sans-serif';
const PAD = 0.06;
/** Height of a line of words, and the distance that keeps two of them apart. */
const LABEL_PX = 14;
/** So that the times of day below an axis stay apart. */
const TIMES_APART_PX = 76;
/** By entries: the library has the numbers 1 and 3 as an enumeration that does not exist when the program runs. */
const LINEAR = Object.fromEntries([['distr', 1]]);
const LOGARITHMIC = Object.fromEntries([['distr', 3]]);

/** Drawings whose cursors move together, by what they share. */
const GROUPS = new Map<string, Set<Plot>>();

/**
 * A drawing on a canvas. It draws as many points as can be seen, whatever it is given; while nobody sees it, it draws nothing and follows no
 * pointer. Drawings that change together are drawn one after the other, so that the page answers in between.
 */
export class Plot {
  readonly #plot: uPlot;
  #lines: readonly DrawnLine[];
  #full: Range = [0, 1];
  #zoom: Range | null = null;
  #isInSight = false;
  #isStale = false;
  #isSettingData = false;

  constructor(
    host: HTMLElement,
    width: number,
    private readonly setup: PlotSetup,
  ) {
    this.#lines = setup.lines;
    this.#plot = new uPlot(this.#options(width), [[]], host);
    const { sync } = setup;
    if (sync === undefined) return;
    uPlot.sync(sync).unsub(this.#plot);
    const group = GROUPS.get(sync) ?? new Set<Plot>();
    // One that comes later shows what the others show.
    const [other] = group;
    this.#zoom = other === undefined ? null : other.#zoom;
    setup.onZoom(this.#zoom !== null);
    GROUPS.set(sync, group.add(this));
  }

  /** Says whether somebody can see it; nobody can at first. */
  setInSight(isInSight: boolean): void {
    if (isInSight === this.#isInSight) return;
    this.#isInSight = isInSight;
    const { sync } = this.setup;
    if (sync !== undefined) {
      if (isInSight) uPlot.sync(sync).sub(this.#plot);
      else uPlot.sync(sync).unsub(this.#plot);
    }
    if (isInSight && this.#isStale) this.#show();
  }

  /** Shows other points of the same lines. */
  setData(lines: readonly DrawnLine[], full: Range): void {
    this.#lines = this.setup.y.log === true ? lines.map(positive) : lines;
    this.#full = full[0] < full[1] ? full : [full[0] - 0.5, full[0] + 0.5];
    this.#show();
  }

  resize(width: number): void {
    this.#plot.setSize({ width, height: this.setup.height });
    this.#show();
  }

  /** Shows all of x again, here and in the drawings of the same group. */
  showAll(): void {
    this.zoom(null);
  }

  /** Shows a part of x, here and in the drawings of the same group; null shows all of it. */
  zoom(range: Range | null): void {
    const { sync } = this.setup;
    // What a person looks at is drawn first.
    this.#zoomTo(range);
    for (const plot of sync === undefined ? [] : (GROUPS.get(sync) ?? [])) if (plot !== this) plot.#zoomTo(range);
  }

  #zoomTo(range: Range | null): void {
    const [from, to] = this.#full;
    const isAll = range === null || (range[0] <= from && range[1] >= to) || !(range[1] > range[0]);
    this.#zoom = isAll ? null : [Math.max(from, range[0]), Math.min(to, range[1])];
    this.setup.onZoom(this.#zoom !== null);
    this.#show();
  }

  /** Shows so much more or less of x, around its middle. */
  zoomBy(factor: number): void {
    const [from, to] = this.#zoom ?? this.#full;
    const half = ((to - from) / 2) * factor;
    const middle = (from + to) / 2;
    this.zoom([middle - half, middle + half]);
  }

  /** Moves the cursor by a part of the width. */
  moveCursor(part: number): void {
    const width = this.#plot.over.clientWidth;
    const left = this.#plot.cursor.left ?? -1;
    const next = left < 0 ? width / 2 : left + part * width;
    this.#plot.setCursor({ left: Math.min(width - 1, Math.max(0, next)), top: this.#plot.over.clientHeight / 2 }, true);
  }

  hideCursor(): void {
    this.#plot.setCursor({ left: -10, top: -10 }, true);
  }

  destroy(): void {
    if (this.setup.sync !== undefined) GROUPS.get(this.setup.sync)?.delete(this);
    drawings.remove(this);
    this.#plot.destroy();
  }

  #show(): void {
    this.#isStale = true;
    if (this.#isInSight) drawings.add(this, () => this.#draw());
  }

  #draw(): void {
    this.#isStale = false;
    const range = this.#zoom ?? this.#full;
    const columns = Math.max(50, Math.round(this.#plot.width * uPlot.pxRatio));
    const curves = this.#lines.map(({ curve }) => decimate(curve, range[0], range[1], columns));
    const data = alignedData(curves, (tables) => uPlot.join(tables));
    curves.forEach(({ xs }, place) => {
      const [line, series] = [this.#lines[place], this.#plot.series[place + 1]];
      if (line !== undefined && series !== undefined) Object.assign(series, styleOf(line, xs.length / columns));
    });
    this.#isSettingData = true;
    this.#plot.batch(() => {
      this.#plot.setData(data, false);
      this.#plot.setScale('x', { min: range[0], max: range[1] });
    });
    this.#isSettingData = false;
  }

  #options(width: number): uPlot.Options {
    const { x, y, height, sync, onCursor } = this.setup;
    const axis: uPlot.Axis = {
      stroke: paintColor('muted'),
      font: FONT,
      grid: { stroke: paintColor('line'), width: 1 },
      ticks: { show: false },
    };
    return {
      width,
      height,
      legend: { show: false },
      padding: [8, 8, 0, 0],
      scales: {
        x: { time: x.kind === 'time', ...(x.kind === 'log' ? LOGARITHMIC : LINEAR), auto: false },
        y: { ...(y.log === true ? LOGARITHMIC : LINEAR), range: (_plot, low, high) => this.#yRange(low, high) },
      },
      axes: [
        {
          ...axis,
          size: 28,
          ...(x.kind === 'time' ? { space: TIMES_APART_PX } : { label: x.label, labelSize: 18, labelFont: FONT }),
          values: (_plot, splits, _axis, _space, apart) =>
            x.kind === 'time' ? timeLabels(splits, apart) : numberLabels(splits),
        },
        { ...axis, size: 52, values: (_plot, splits) => numberLabels(splits) },
      ],
      series: [{}, ...this.setup.lines.map(drawnSeries)],
      bands: this.#bands(),
      cursor: {
        drag: { x: true, y: false, setScale: false },
        dataIdx: nearestPoint,
        points: { size: 6 },
        ...(sync !== undefined && {
          sync: { key: sync, setSeries: false, scales: ['x', null], filters: { pub: isOfTheCursor } },
        }),
      },
      hooks: {
        setSelect: [(plot) => this.#selected(plot)],
        setCursor: [(plot) => onCursor(cursorValue(plot))],
        draw: [(plot) => this.#drawMarks(plot)],
        ready: [(plot) => plot.over.addEventListener('dblclick', () => this.showAll())],
      },
    };
  }

  #bands(): uPlot.Band[] {
    return this.setup.lines.flatMap(({ kind, series, index }, place) =>
      kind === 'upper' ? [{ series: [place + 1, place + 2], fill: paintColor(series.color ?? index, 0.16) }] : [],
    );
  }

  #yRange(low: number | null, high: number | null): uPlot.Range.MinMax {
    const { y, limits } = this.setup;
    const wanted = [low, high, y.min, y.max, ...limits.map((limit) => limit.y)].filter(
      (value): value is number => typeof value === 'number' && Number.isFinite(value) && (y.log !== true || value > 0),
    );
    if (wanted.length === 0) return y.log === true ? [0.1, 1] : [0, 1];
    const from = Math.min(...wanted);
    const to = Math.max(...wanted);
    if (y.log === true) return [from / 1.15, to * 1.15];
    const pad = (to - from) * PAD || Math.abs(to) * PAD || 1;
    // A limit that was asked for is where the axis ends, unless something lies beyond it.
    return [from === y.min ? from : from - pad, to === y.max ? to : to + pad];
  }

  #selected(plot: uPlot): void {
    const { left, width } = plot.select;
    if (this.#isSettingData || width < 4) return;
    const range: Range = [plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x')];
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.zoom(range);
  }

  #drawMarks(plot: uPlot): void {
    const { ctx, bbox } = plot;
    const { limits, marks } = this.setup;
    ctx.save();
    ctx.font = `${11 * uPlot.pxRatio}px system-ui, sans-serif`;
    // The library leaves its own from the axes.
    ctx.textBaseline = 'alphabetic';
    ctx.setLineDash([4 * uPlot.pxRatio, 4 * uPlot.pxRatio]);
    ctx.lineWidth = uPlot.pxRatio;
    let above = { top: -Infinity, right: 0 };
    for (const { y, label, tone } of [...limits].sort((a, b) => b.y - a.y)) {
      const top = plot.valToPos(y, 'y', true);
      if (!(top >= bbox.top && top <= bbox.top + bbox.height)) continue;
      this.#stroke(ctx, tone, [bbox.left, top, bbox.left + bbox.width, top]);
      ctx.textAlign = 'right';
      // Beside the words of the line above where there is no room below them.
      const isClose = top - above.top < LABEL_PX * uPlot.pxRatio;
      const right = isClose ? above.right : bbox.left + bbox.width - 4;
      ctx.fillText(label, right, top - 4 * uPlot.pxRatio);
      above = { top, right: right - ctx.measureText(label).width - LABEL_PX * uPlot.pxRatio };
    }
    for (const { x, label, tone } of marks) {
      const left = plot.valToPos(x, 'x', true);
      if (!(left >= bbox.left && left <= bbox.left + bbox.width)) continue;
      this.#stroke(ctx, tone, [left, bbox.top, left, bbox.top + bbox.height]);
      const isRight = left > bbox.left + 0.75 * bbox.width;
      ctx.textAlign = isRight ? 'right' : 'left';
      ctx.fillText(label, left + (isRight ? -4 : 4) * uPlot.pxRatio, bbox.top + 11 * uPlot.pxRatio);
    }
    ctx.restore();
  }

  #stroke(
    ctx: CanvasRenderingContext2D,
    tone: SeriesColor,
    [x0, y0, x1, y1]: readonly [number, number, number, number],
  ): void {
    ctx.strokeStyle = ctx.fillStyle = paintColor(tone);
    ctx.beginPath();
    ctx.moveTo(x0, y0);
    ctx.lineTo(x1, y1);
    ctx.stroke();
  }
}

/** Zooming together is not left to the library, which has no turns. */
function isOfTheCursor(type: string): boolean {
  return type === 'mousemove' || type === 'mouseleave';
}

/** The lines have their points in different places: each shows the one that is nearest to the pointer. */
function nearestPoint(plot: uPlot, place: number, index: number): number {
  const ys = plot.data[place];
  if (place === 0 || ys === undefined || typeof ys[index] === 'number') return index;
  for (let away = 1; away < ys.length; away += 1) {
    if (typeof ys[index - away] === 'number') return index - away;
    if (typeof ys[index + away] === 'number') return index + away;
  }
  return index;
}

function cursorValue(plot: uPlot): number | null {
  const { left } = plot.cursor;
  return left === undefined || left < 0 || plot.data[0].length === 0 ? null : plot.posToVal(left, 'x');
}

/** A logarithm has no place for the others. */
function positive(line: DrawnLine): DrawnLine {
  const { xs, ys } = line.curve;
  return { ...line, curve: { xs, ys: Array.from(ys, (value) => (value !== null && value > 0 ? value : null)) } };
}
