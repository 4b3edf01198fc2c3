import { useMemo } from 'react';
import { api, unwrap, type Answer } from '../../api/client.js';
import { useQuery, type Query } from '../../data/use-query.js';
import { hasEnded, type Job } from './run-words.js';

/** Most runs that the table reads; older ones are asked for by their file or metadata through the API. */
const MOST_RUNS = 500;
const PER_PAGE = 100;
const EVERY_MS = 3_000;

/** The runs of the table. */
export interface Runs {
  readonly items: readonly Job[];
  /** Whether there are older ones than the table reads. */
  readonly hasMore: boolean;
}

/** The newest runs, kept up to date: those under way every few seconds, the others when something changes. */
export function useRuns(): Query<Runs> {
  return useQuery(['runs'], readRuns, { topics: ['run'], everyMs: EVERY_MS });
}

async function readRuns(signal: AbortSignal): Promise<Runs> {
  const items: Job[] = [];
  let page: Answer<'/v1/fine_tuning/jobs'>;
  do {
    const after = items.at(-1)?.id;
    const query = { limit: PER_PAGE, ...(after !== undefined && { after }) };
    page = await unwrap(api.GET('/v1/fine_tuning/jobs', { params: { query }, signal }));
    items.push(...page.data);
  } while (page.has_more && items.length < MOST_RUNS);
  return { items, hasMore: page.has_more };
}

/** One run, kept up to date. */
export function useRun(id: string): Query<Job> {
  return useQuery(
    ['run', id],
    (signal) => unwrap(api.GET('/v1/fine_tuning/jobs/{id}', { params: { path: { id } }, signal })),
    { topics: ['run'], everyMs: 2_000 },
  );
}

/** Names of the files that runs train on, by their ids. */
export function useFileNames(): ReadonlyMap<string, string> {
  const files = useQuery(
    ['corpora', 'names'],
    (signal) => unwrap(api.GET('/v1/files', { params: { query: { purpose: 'fine-tune' } }, signal })),
    { topics: ['corpus'] },
  );
  return useMemo(() => new Map(files.data?.data.map(({ id, filename }) => [id, filename])), [files.data]);
}

/** Runs that are under way, the newest first, or else the newest one: what is drawn before somebody chose. */
export function runsToShow(runs: readonly Job[]): readonly string[] {
  const measured = runs.filter(({ progress }) => (progress?.step ?? 0) > 0);
  const live = measured.filter((run) => !hasEnded(run));
  return (live.length > 0 ? live : measured.slice(0, 2)).slice(0, 4).map(({ id }) => id);
}
