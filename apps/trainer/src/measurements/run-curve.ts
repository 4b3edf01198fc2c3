import type { Registry } from '#registry';

/** What is known of one step of a run: names and numbers as in the job's events of type `metrics`. */
export interface CurvePoint {
  readonly step: number;
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
  const points = new Map<number, CurvePoint>();
  for await (const data of metricsOf(registry, trainingRunId)) {
    const step = Number(data['step']);
    const point = points.get(step) ?? { step, training: null, evaluation: null };
    points.set(step, { ...point, [isEvaluation(data) ? 'evaluation' : 'training']: data });
  }
  return [...points.values()].sort((a, b) => a.step - b.step);
}

function isEvaluation(data: Numbers): boolean {
  return 'valid_loss' in data;
}

async function* metricsOf(registry: Registry, trainingRunId: string): AsyncGenerator<Numbers> {
  let after: string | undefined;
  do {
    const page = await registry.listRunEvents(trainingRunId, { type: 'metrics', limit: EVENTS_PER_PAGE, after });
    for (const { data } of page.items) if (data !== null) yield data;
    after = page.hasMore ? page.items.at(-1)?.id : undefined;
  } while (after !== undefined);
}
