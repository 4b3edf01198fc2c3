import { useDeferredValue, useMemo, type ReactNode } from 'react';
import { Link } from 'wouter';
import { seriesColor } from '../../charts/series-color.js';
import { Button } from '../../ui/button.js';
import { Disclosure } from '../../ui/disclosure.js';
import { Section } from '../../ui/page.js';
import { Failure, Notice } from '../../ui/states.js';
import { ConfigurationTable } from './configuration-table.js';
import { CurveCharts } from './curves/curve-charts.js';
import type { DrawnRun } from './curves/metric-charts.js';
import { useCurves } from './curves/use-curves.js';
import { runName, type Job } from './run-words.js';

interface RunComparisonProps {
  readonly runs: readonly Job[];
  /** Chosen ones that are not drawn. */
  readonly left: number;
  readonly onClear: () => void;
}

/** A chart of one run has a point for each of its pixels, and some to look closer at; several share what can be drawn without waiting. */
const POINTS_OF_ALL = 6_000;
const MOST_POINTS = 1_500;

/** So that the table below is in sight. */
const FIRST = ['loss', 'accuracy', 'gap'];

/** The curves of chosen runs, and in what their settings differ. */
export function RunComparison({ runs, left, onClear }: RunComparisonProps): ReactNode {
  const points = Math.min(MOST_POINTS, Math.floor(POINTS_OF_ALL / runs.length));
  // Twelve runs in nine charts: what a person does meanwhile comes first.
  const known = useDeferredValue(useCurves(runs, points));
  // The oldest has the first colour, so that a new run does not take the colour of another.
  // Written down, so that the same runs make the same drawing although they are asked for again and again.
  const named = JSON.stringify(runs.map((run) => [run.id, runName(run)]).reverse());
  const drawn = useMemo(
    (): readonly DrawnRun[] =>
      (JSON.parse(named) as [string, string][]).flatMap(([id, label], color) => {
        const curve = known.get(id)?.curve ?? null;
        return curve === null || curve.steps.length === 0 ? [] : [{ id, label, color, curve }];
      }),
    [named, known],
  );
  const failure = [...known.values()].find((one) => one.failure !== null)?.failure ?? null;
  return (
    <Section
      title={runs.length === 1 ? 'Curves' : `Curves of ${runs.length} runs`}
      actions={
        <Button small kind="ghost" onClick={onClear}>
          Hide
        </Button>
      }
    >
      {failure !== null && <Failure of={failure} />}
      {left > 0 && (
        <Notice>
          {runs.length} runs are drawn, which is as many as can be told apart; {left} more are chosen.
        </Notice>
      )}
      <ul className="runs-legend">
        {[...runs].reverse().map((run, color) => (
          <li key={run.id}>
            <span className="runs-swatch" style={{ background: seriesColor(color) }} />
            <Link href={`/runs/${encodeURIComponent(run.id)}`}>{runName(run)}</Link>
          </li>
        ))}
      </ul>
      <CurveCharts runs={drawn} first={FIRST} />
      {runs.length > 1 && (
        <Disclosure summary="In what their settings differ">
          <ConfigurationTable runs={runs} />
        </Disclosure>
      )}
    </Section>
  );
}
