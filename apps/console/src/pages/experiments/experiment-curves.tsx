import { useMemo, type ReactNode } from 'react';
import { Section } from '../../ui/page.js';
import { CurveCharts } from '../runs/curves/curve-charts.js';
import type { DrawnRun } from '../runs/curves/metric-charts.js';
import { useCurves } from '../runs/curves/use-curves.js';
import { hasEnded, type Experiment } from './experiment-words.js';

const POINTS = 2_000;
const FIRST = ['loss', 'accuracy', 'gap'];

/** The curves of the runs of an experiment over one another. */
export function ExperimentCurves({ experiment }: { readonly experiment: Experiment }): ReactNode {
  const { from, to, fallback, from_job: fromJob, to_job: toJob, fallback_job: fallbackJob } = experiment;
  const status = hasEnded(experiment) ? 'succeeded' : 'running';
  const runs = useMemo(
    () =>
      [
        { id: fromJob, label: from },
        { id: toJob, label: to },
        { id: fallbackJob, label: fallback ?? '' },
      ].flatMap(({ id, label }, color) => (id === null ? [] : [{ id, label, color, status }])),
    [from, to, fallback, fromJob, toJob, fallbackJob, status],
  );
  const known = useCurves(runs, POINTS);
  const drawn = useMemo(
    () =>
      runs.flatMap(({ id, label, color }): DrawnRun[] => {
        const curve = known.get(id)?.curve ?? null;
        return curve === null || curve.steps.length === 0 ? [] : [{ id, label, color, curve }];
      }),
    [runs, known],
  );
  if (drawn.length === 0) return null;
  return (
    <Section title="Curves">
      <CurveCharts runs={drawn} first={FIRST} />
    </Section>
  );
}
