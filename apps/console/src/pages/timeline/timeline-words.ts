import type { TimelineEntry } from '../../serving/serving-types.js';
import { percent } from '../../format/numbers.js';

type Tone = 'neutral' | 'info' | 'good' | 'warn' | 'bad';

const TONES: Readonly<Record<string, Tone>> = {
  opened: 'info',
  gates_passed: 'good',
  advanced: 'info',
  promoted: 'good',
  completed: 'good',
  held: 'warn',
  paused: 'warn',
  rolled_back: 'bad',
  alarm: 'bad',
  'deployment.promote': 'good',
  'deployment.rollback': 'bad',
  'deployment.pin': 'warn',
  'deployment.unpin': 'info',
};

/** What a line is called, and in which colour. */
export function titleOf({ source, kind }: TimelineEntry): { readonly title: string; readonly tone: Tone } {
  if (source === 'serving') return { title: `serves as ${kind}`, tone: 'neutral' };
  const title = kind.replace(/^deployment\./, '').replaceAll('_', ' ');
  return { title: source === 'audit' ? `${title}, asked for` : title, tone: TONES[kind] ?? 'neutral' };
}

/** The sentence of a line; made from its numbers where it has none of its own. */
export function sentenceOf({ source, kind, message, data }: TimelineEntry): string {
  const { version, share, from, to } = data as Readonly<Record<string, unknown>>;
  if (source === 'serving' && typeof version === 'string')
    return `${version} with ${percent(typeof share === 'number' ? share : 1, 0)} of the requests`;
  const reason = message ?? '';
  if ((kind === 'deployment.promote' || kind === 'deployment.rollback') && typeof to === 'string') {
    const change = `From ${typeof from === 'string' ? from : 'nothing'} to ${to}.`;
    return reason === '' ? change : `${change} ${reason}`;
  }
  return reason === '' ? 'No reason given.' : reason;
}

/** Entries by the day on which they happened, in the order in which they come. */
export function byDay(
  entries: readonly TimelineEntry[],
  dayOf: (at: number) => string,
): readonly (readonly [string, readonly TimelineEntry[]])[] {
  const days: [string, TimelineEntry[]][] = [];
  for (const entry of entries) {
    const day = dayOf(entry.at);
    const last = days.at(-1);
    if (last?.[0] === day) last[1].push(entry);
    else days.push([day, [entry]]);
  }
  return days;
}
