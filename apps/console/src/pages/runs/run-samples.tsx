import { useCallback, type ReactNode } from 'react';
import { api, unwrap } from '../../api/client.js';
import { usePages } from '../../data/use-pages.js';
import { count, decimal } from '../../format/numbers.js';
import { Button } from '../../ui/button.js';
import { Empty, Failure, Skeleton } from '../../ui/states.js';
import { hasEnded, type Job } from './run-words.js';

const PER_PAGE = 10;
const EVERY_MS = 10_000;

/** What the model wrote at its evaluations, the newest first: from noise to sentences. */
export function RunSamples({ run }: { readonly run: Job }): ReactNode {
  const { id } = run;
  const load = useCallback(
    (signal: AbortSignal, after: string | undefined) =>
      unwrap(
        api.GET('/v1/fine_tuning/jobs/{id}/samples', {
          params: { path: { id }, query: { limit: PER_PAGE, ...(after !== undefined && { after }) } },
          signal,
        }),
      ),
    [id],
  );
  const samples = usePages(['run-samples', id], load, hasEnded(run) ? {} : { everyMs: EVERY_MS });
  const { items, failure, isLoading, hasMore, isLoadingMore, loadMore, reload } = samples;
  if (isLoading) return <Skeleton lines={5} />;
  return (
    <>
      {failure !== null && <Failure of={failure} onRetry={reload} />}
      {items?.length === 0 && (
        <Empty title="No text yet">
          The model writes one at each evaluation; the first comes after a part of the run.
        </Empty>
      )}
      <ol className="runs-samples">
        {items?.map(({ id: key, step, epoch, valid_loss: loss, text }) => (
          <li key={key}>
            <div className="runs-sample-head num">
              <strong>step {count(step)}</strong>
              <span className="muted">epoch {count(epoch)}</span>
              <span className="muted">loss {decimal(loss)}</span>
            </div>
            <blockquote>
              {text.trim() === '' ? <span className="muted">(nothing but white space)</span> : text}
            </blockquote>
          </li>
        ))}
      </ol>
      {hasMore && (
        <div>
          <Button small busy={isLoadingMore} onClick={loadMore}>
            Show older ones
          </Button>
        </div>
      )}
    </>
  );
}
