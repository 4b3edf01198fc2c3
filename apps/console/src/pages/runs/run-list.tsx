import { useMemo, type ReactNode } from 'react';
import { useSearchState } from '../../navigation/use-search-state.js';
import { ButtonLink } from '../../ui/button.js';
import { Page, Section } from '../../ui/page.js';
import { Resource } from '../../ui/resource.js';
import { Empty, Notice } from '../../ui/states.js';
import { filterRuns } from './filter-runs.js';
import { RunComparison } from './run-comparison.js';
import { RunFilters } from './run-filters.js';
import { RunTable } from './run-table.js';
import { runsToShow, useFileNames, useRuns, type Runs } from './use-runs.js';

/** Runs whose curves can be told apart, and drawn without waiting. */
const MOST_DRAWN = 12;

/** Every run, and the curves of those that were chosen. */
export function RunList(): ReactNode {
  const runs = useRuns();
  return (
    <Page
      title="Runs"
      lede="Models that learn now, and those that have learned. Choose rows to lay their curves over one another."
      actions={
        <ButtonLink href="/runs/new" kind="primary" icon="plus">
          New run
        </ButtonLink>
      }
    >
      <Resource
        of={runs}
        isEmpty={({ items }) => items.length === 0}
        empty={
          <Empty
            title="No run yet"
            action={
              <ButtonLink href="/runs/new" kind="primary">
                Start the first run
              </ButtonLink>
            }
          >
            A run trains a model on a text that was uploaded. It takes minutes on a small text and hours on a large one.
          </Empty>
        }
      >
        {(data) => <LoadedRuns runs={data} />}
      </Resource>
    </Page>
  );
}

function LoadedRuns({ runs }: { readonly runs: Runs }): ReactNode {
  const { items, hasMore } = runs;
  const fileNames = useFileNames();
  const [text, setText] = useSearchState('text', '');
  const [status, setStatus] = useSearchState('status', '');
  const [preset, setPreset] = useSearchState('preset', '');
  const [chosen, setChosen] = useSearchState('runs', '');
  const shown = useMemo(
    () => filterRuns(items, { text, status, preset }, fileNames),
    [items, text, status, preset, fileNames],
  );
  const ids = chosen === 'none' ? '' : chosen === '' ? runsToShow(items).join(',') : chosen;
  const selected = useMemo(() => new Set(ids.split(',').filter(Boolean)), [ids]);
  const drawn = useMemo(() => items.filter(({ id }) => selected.has(id)).slice(0, MOST_DRAWN), [items, selected]);
  const select = (next: ReadonlySet<string>): void => setChosen(next.size === 0 ? 'none' : [...next].join(','));
  return (
    <>
      {drawn.length > 0 && (
        <RunComparison runs={drawn} left={selected.size - drawn.length} onClear={() => setChosen('none')} />
      )}
      <Section title="All runs">
        <RunFilters
          runs={items}
          filter={{ text, status, preset }}
          onText={setText}
          onStatus={setStatus}
          onPreset={setPreset}
        />
        {shown.length === 0 ? (
          <Empty title="No run fits">Other words, or another state, may find what you look for.</Empty>
        ) : (
          <RunTable runs={shown} fileNames={fileNames} selected={selected} onSelect={select} />
        )}
        {hasMore && (
          <Notice>
            These are the newest {items.length.toLocaleString('en')} runs; older ones are in GET /v1/fine_tuning/jobs.
          </Notice>
        )}
      </Section>
    </>
  );
}
