import { useCallback, type ReactNode } from 'react';
import { api, unwrap, type Item } from '../../api/client.js';
import { usePages } from '../../data/use-pages.js';
import { count, decimal, percent } from '../../format/numbers.js';
import { Badge } from '../../ui/badge.js';
import { ButtonLink } from '../../ui/button.js';
import { DataTable, type Column } from '../../ui/data-table.js';
import { Id } from '../../ui/id.js';
import { Empty, Failure, Skeleton } from '../../ui/states.js';
import { Time } from '../../ui/time.js';
import { hasEnded, type Job } from './run-words.js';

type Checkpoint = Item<'/v1/fine_tuning/jobs/{id}/checkpoints'>;

const PER_PAGE = 100;
const EVERY_MS = 10_000;

/** The models of a run at its evaluations that are kept: each can be tried, and gone on from. */
export function RunCheckpoints({ run }: { readonly run: Job }): ReactNode {
  const { id } = run;
  const load = useCallback(
    (signal: AbortSignal, after: string | undefined) =>
      unwrap(
        api.GET('/v1/fine_tuning/jobs/{id}/checkpoints', {
          params: { path: { id }, query: { limit: PER_PAGE, ...(after !== undefined && { after }) } },
          signal,
        }),
      ),
    [id],
  );
  const checkpoints = usePages(['run-checkpoints', id], load, hasEnded(run) ? {} : { everyMs: EVERY_MS });
  const { items, failure, isLoading, hasMore, isLoadingMore, loadMore, reload } = checkpoints;
  if (isLoading) return <Skeleton lines={4} />;
  const best = Math.min(...(items ?? []).map(({ metrics }) => metrics.valid_loss));
  return (
    <>
      {failure !== null && <Failure of={failure} onRetry={reload} />}
      <DataTable
        caption="Checkpoints"
        rows={items ?? []}
        columns={columnsWith(best)}
        rowKey={({ id: key }) => key}
        more={{ hasMore, isLoading: isLoadingMore, onMore: loadMore }}
        empty={
          <Empty title="No checkpoint yet">
            One is kept at each evaluation; the best, the last, and every few of the others stay.
          </Empty>
        }
      />
    </>
  );
}

function columnsWith(best: number): readonly Column<Checkpoint>[] {
  return [
    {
      key: 'step',
      title: 'Step',
      cell: ({ step_number: step, metrics }) => (
        <span className="row">
          {count(step)} {metrics.valid_loss === best && <Badge tone="good">best</Badge>}
        </span>
      ),
      sortBy: ({ step_number: step }) => step,
    },
    {
      key: 'model',
      title: 'Model',
      cell: ({ fine_tuned_model_checkpoint: model }) => <Id value={model} />,
    },
    {
      key: 'loss',
      title: 'Val. loss',
      cell: ({ metrics }) => decimal(metrics.valid_loss),
      align: 'end',
      sortBy: ({ metrics }) => metrics.valid_loss,
    },
    {
      key: 'accuracy',
      title: 'Val. accuracy',
      cell: ({ metrics }) => percent(metrics.valid_mean_token_accuracy),
      align: 'end',
      sortBy: ({ metrics }) => metrics.valid_mean_token_accuracy,
    },
    {
      key: 'train',
      title: 'Train. loss',
      cell: ({ metrics }) => decimal(metrics.train_loss),
      align: 'end',
      sortBy: ({ metrics }) => metrics.train_loss,
    },
    {
      key: 'at',
      title: 'Taken',
      cell: ({ created_at: at }) => <Time at={at} />,
      align: 'end',
      sortBy: ({ created_at: at }) => at,
    },
    {
      key: 'try',
      title: 'Use',
      align: 'end',
      cell: ({ fine_tuned_model_checkpoint: model }) => (
        <span className="row" style={{ justifyContent: 'flex-end' }}>
          <ButtonLink small href={`/playground?model=${encodeURIComponent(model)}`}>
            Try
          </ButtonLink>
          <ButtonLink small href={`/runs/new?model=${encodeURIComponent(model)}`}>
            Go on from
          </ButtonLink>
        </span>
      ),
    },
  ];
}
