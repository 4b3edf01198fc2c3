import type { Registry } from '#registry';

/** What is known of one step of a run: names and numbers as in the job's events of type `metrics`. */
export interface CurvePoint {
  readonly step: number;
  /** When the last of it was told. */
  readonly at: Date;
  /** What training told at this step, or null. */
  readonly training: Numbers | null;
  /** What an evaluation measured at this step, or null. */
  readonly evaluation: Numbers | null;
}

type Numbers = Readonly<Record<string, unknown>>;

const EVENTS_PER_PAGE = 100;

/**
 * The curve of a run out of its events, by step. Where attempts that went on from a saved state have told the same step
 * twice, the last one counts.
 *
 * @throws job_not_found
 */
export async function readCurve(registry: Registry, trainingRunId: string): Promise<readonly CurvePoint[]> {
  const told: { at: Date; data: Numbers }[] = [];
  let after: string | undefined;
  do {
    const page = await registry.listRunEvents(trainingRunId, { type: 'metrics', limit: EVENTS_PER_PAGE, after });
    for (const { createdAt, data } of page.items) if (data !== null) told.push({ at: createdAt, data });
    after = page.hasMore ? page.items.at(-1)?.id : undefined;
  } while (after !== undefined);
  return curveOf(told);
}

/** The curve out of what was told, in that order. */
export function curveOf(told: readonly { readonly at: Date; readonly data: Numbers }[]): readonly CurvePoint[] {
  const points = new Map<number, CurvePoint>();
  for (const { at, data } of told) {
    const step = Number(data['step']);
    const point = points.get(step) ?? { step, training: null, evaluation: null };
    points.set(step, { ...point, at, [isEvaluation(data) ? 'evaluation' : 'training']: data });
  }
  return [...points.values()].sort((a, b) => a.step - b.step);
}

function isEvaluation(data: Numbers): boolean {
  return 'valid_loss' in data;
}
