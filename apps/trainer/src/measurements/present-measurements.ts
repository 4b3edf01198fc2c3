import type { Registry } from '#registry';
import { presentPage } from '../fine-tuning/present-page.js';
import type { Plain } from '../plain.js';
import { unixSeconds } from '../unix-seconds.js';
import type { FineTuningJobMetrics, FineTuningJobSampleList } from './measurements.dto.js';
import { METRIC_COLUMN_NAMES, numberAt } from './metric-columns.js';
import { curveOf } from './run-curve.js';

type Thinned = Awaited<ReturnType<Registry['measurements']['curve']>>;
type Samples = Awaited<ReturnType<Registry['measurements']['samples']>>;

/** A curve by columns. */
export function presentMetrics(
  trainingRunId: string,
  { metrics, told, lastId, hasMore }: Thinned,
): Plain<FineTuningJobMetrics> {
  const curve = curveOf(metrics);
  const columns = METRIC_COLUMN_NAMES.map((name) => [name, curve.map((point) => numberAt(point, name))]);
  return {
    object: 'fine_tuning.job.metrics',
    fine_tuning_job_id: trainingRunId,
    steps: curve.map(({ step }) => step),
    at: curve.map(({ at }) => at.getTime() / 1000),
    columns: Object.fromEntries(columns) as FineTuningJobMetrics['columns'],
    told,
    last_id: lastId,
    has_more: hasMore,
  };
}

/** A page of texts that the model of a job wrote. */
export function presentSamples({ items, hasMore }: Samples): Plain<FineTuningJobSampleList> {
  const samples = items.map(({ id, createdAt, data }) => ({
    id,
    object: 'fine_tuning.job.sample' as const,
    created_at: unixSeconds(createdAt),
    step: Number(data['step']),
    epoch: Number(data['epoch']),
    valid_loss: typeof data['valid_loss'] === 'number' ? data['valid_loss'] : null,
    text: String(data['sample']),
  }));
  return presentPage(samples, hasMore);
}
