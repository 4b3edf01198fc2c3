import type { Answer } from '../../../api/client.js';

/** A report of the upgrade rules. */
export type UpgradeReport = Answer<'/v1/upgrade-advice'>;
/** A rule applied to a model. */
export type RuleResult = UpgradeReport['advice']['ruleSets']['measured']['rules'][number];
/** What the comparison of the models measured. */
export type Comparison = NonNullable<UpgradeReport['evidence']['comparison']>;

/** A verdict for a person. */
export interface VerdictWords {
  readonly title: string;
  readonly tone: 'good' | 'info' | 'warn';
}

/** Which presets the rules speak of. */
export interface Presets {
  readonly from: string;
  readonly to: string;
  readonly fallback: string | null;
}

/**
 * A verdict in words.
 * @param stage before the larger model is trained, `upgrade` means that it is worth trying.
 */
export function verdictWords(
  verdict: string,
  stage: string,
  { from, to, fallback }: Presets,
  tokensNeeded: number,
): VerdictWords {
  switch (verdict) {
    case 'upgrade':
      return stage === 'before'
        ? { title: `${to} is worth training`, tone: 'good' }
        : { title: `Upgrade to ${to}`, tone: 'good' };
    case 'use_intermediate':
      return { title: `Use ${fallback ?? 'the model between them'}`, tone: 'good' };
    case 'collect_more_data':
      return {
        title: `Collect more text${tokensNeeded > 0 ? `: about ${tokensNeeded.toLocaleString('en')} training tokens` : ''}`,
        tone: 'warn',
      };
    default:
      return { title: stage === 'before' ? `Stay with ${from} for now` : `Keep ${from}`, tone: 'info' };
  }
}

/** The presets that a report is about. */
export function presetsOf({ advice }: UpgradeReport): Presets {
  const of = (role: string): string | null => advice.ratios.find((ratio) => ratio.role === role)?.preset ?? null;
  return { from: of('from') ?? 'the smaller model', to: of('to') ?? 'the larger model', fallback: of('fallback') };
}

/** Units that say more than the name of what is measured. */
const UNITS: Readonly<Record<string, string>> = { '%': '%', points: ' points', nats: ' nats' };

/** A value of a rule with its unit, as short as it can be read. */
export function ruleValue(value: number | null, unit: string): string {
  if (value === null) return 'not measured';
  const digits = Number.isInteger(value) ? 0 : unit === 'nats' ? 3 : Math.abs(value) >= 10 ? 1 : 2;
  return `${value.toFixed(digits)}${UNITS[unit] ?? ''}`;
}

/** A limit of a rule: `at most 3 points`. */
export function ruleLimit({ limit, unit }: Pick<RuleResult, 'limit' | 'unit'>): string {
  return `${limit.comparison} ${limit.value}${UNITS[unit] ?? ''}`;
}
