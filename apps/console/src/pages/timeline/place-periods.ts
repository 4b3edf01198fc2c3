import type { TimelineEntry } from '../../serving/serving-types.js';

/** A time in which a version served. */
export interface Period {
  readonly id: string;
  readonly version: string;
  readonly role: string;
  readonly share: number;
  /** Unix time in seconds. */
  readonly from: number;
  /** null: until now. */
  readonly to: number | null;
  readonly release: string | null;
}

/** A period on a line that is one wide. */
export interface Bar {
  readonly period: Period;
  readonly left: number;
  readonly width: number;
}

/** The bars of one version. */
export interface VersionLine {
  readonly version: string;
  readonly bars: readonly Bar[];
}

/** The times that the history says a version began to serve. */
export function periodsOf(entries: readonly TimelineEntry[]): readonly Period[] {
  return entries.flatMap(({ id, at, source, kind, release, data }) => {
    if (source !== 'serving') return [];
    const { version, share, until } = data as { version?: unknown; share?: unknown; until?: unknown };
    if (typeof version !== 'string') return [];
    const to = typeof until === 'string' ? Date.parse(until) / 1000 : null;
    return [{ id, version, role: kind, share: typeof share === 'number' ? share : 1, from: at, to, release }];
  });
}

/** Bars of every version that served between two times, those that began last above. */
export function placePeriods(periods: readonly Period[], from: number, to: number): readonly VersionLine[] {
  const lines = new Map<string, Bar[]>();
  const span = Math.max(1, to - from);
  for (const period of [...periods].sort((a, b) => b.from - a.from)) {
    const begin = Math.max(from, period.from);
    const end = Math.min(to, period.to ?? to);
    if (end < begin || begin > to) continue;
    const bars = lines.get(period.version) ?? [];
    lines.set(period.version, bars);
    bars.push({ period, left: (begin - from) / span, width: (end - begin) / span });
  }
  return [...lines].map(([version, bars]) => ({ version, bars }));
}
