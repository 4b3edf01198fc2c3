import type { Item } from '../../api/client.js';
import { verdictWords } from './report/verdict-words.js';

/** An upgrade experiment, as the API tells of it. */
export type Experiment = Item<'/v1/upgrade-experiments'>;

/** A step of an experiment. */
export interface Stage {
  readonly id: string;
  readonly title: string;
  readonly state: 'done' | 'now' | 'later' | 'skipped';
  /** The run that it is, or was. */
  readonly job: string | null;
}

const ENDED = new Set(['succeeded', 'failed', 'cancelled']);

/** Whether nothing will change about it any more. */
export function hasEnded({ status }: Pick<Experiment, 'status'>): boolean {
  return ENDED.has(status);
}

/** What an experiment is called. */
export function experimentName({ from, to, user_provided_suffix: suffix }: Experiment): string {
  return `${from} → ${to}${suffix === null ? '' : ` ${suffix}`}`;
}

/** The steps of an experiment in their order, and which of them is under way. */
export function stagesOf(experiment: Experiment): readonly Stage[] {
  const {
    from,
    to,
    fallback,
    from_job: fromJob,
    to_job: toJob,
    fallback_job: fallbackJob,
    advice,
    outcome,
  } = experiment;
  const order = ['training_from', 'advising', 'training_to', 'comparing', 'training_fallback', 'comparing_fallback'];
  const at = order.indexOf(experiment.status);
  const isOver = hasEnded(experiment);
  const stage = (id: string, title: string, wasDone: boolean, job: string | null = null): Stage => {
    const place = order.indexOf(id);
    const state = isOver ? (wasDone ? 'done' : 'skipped') : place < at ? 'done' : place === at ? 'now' : 'later';
    return { id, title, state, job };
  };
  const isCompared = outcome !== null && toJob !== null;
  return [
    stage('training_from', `Train ${from}`, advice !== null, fromJob),
    stage('advising', 'Ask the rules', advice !== null),
    stage('training_to', `Train ${to}`, isCompared, toJob),
    stage('comparing', 'Compare', isCompared),
    ...(fallback === null
      ? []
      : [
          stage(
            'training_fallback',
            `Train ${fallback}, if ${to} fails`,
            fallbackJob !== null && outcome !== null,
            fallbackJob,
          ),
          stage('comparing_fallback', 'Compare again', fallbackJob !== null && outcome !== null),
        ]),
  ];
}

/** How an experiment ended, or its step under way, in a line. */
export function outcomeWords(experiment: Experiment): string {
  const { outcome, verdict, to_job: toJob, status } = experiment;
  if (outcome !== null && verdict !== null) {
    return verdictWords(verdict, toJob === null ? 'before' : 'after', experiment, outcome.tokens_needed).title;
  }
  const now = stagesOf(experiment).find(({ state }) => state === 'now');
  return now?.title ?? status;
}
