/** What a line of the timeline is about, in words and colour. */
export interface EntryDescription {
  readonly title: string;
  readonly tone: 'good' | 'bad' | 'warn' | 'info';
}

const TONES: Readonly<Record<string, EntryDescription['tone']>> = {
  rolled_back: 'bad',
  'deployment.rollback': 'bad',
  'release.roll_back': 'bad',
  promoted: 'good',
  completed: 'good',
  'deployment.promote': 'good',
  held: 'warn',
  alarm: 'warn',
  'deployment.pin': 'warn',
};

/** @param kind of an entry: `deployment.promote`, `rolled_back` */
export function describeEntry(kind: string): EntryDescription {
  const words = kind.replace(/^deployment\./, '').replaceAll(/[._]/g, ' ');
  return { title: words.charAt(0).toUpperCase() + words.slice(1), tone: TONES[kind] ?? 'info' };
}
