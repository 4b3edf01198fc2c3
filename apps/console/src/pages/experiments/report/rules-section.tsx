import { useState, type ReactNode } from 'react';
import { Badge } from '../../../ui/badge.js';
import { DataTable, type Column } from '../../../ui/data-table.js';
import { Section } from '../../../ui/page.js';
import { Segmented } from '../../../ui/tabs.js';
import { ruleLimit, ruleValue, verdictWords, type RuleResult, type UpgradeReport } from './verdict-words.js';

type Advice = UpgradeReport['advice'];
type RuleSet = keyof Advice['ruleSets'];

const OUTCOMES = {
  pass: ['good', 'yes'],
  fail: ['bad', 'no'],
  warn: ['warn', 'no, a warning'],
  unknown: ['neutral', 'not measured'],
} as const;

/** Every rule with its number, its limit and its source, of either rule set. */
export function RulesSection({ advice }: { readonly advice: Advice }): ReactNode {
  const [ruleSet, setRuleSet] = useState<RuleSet>(advice.policy === 'literal' ? 'literal' : 'measured');
  const { rules, verdict } = advice.ruleSets[ruleSet];
  const of = (role: string): string => advice.ratios.find((ratio) => ratio.role === role)?.preset ?? role;
  const presets = { from: of('from'), to: of('to'), fallback: of('fallback') };
  const { title } = verdictWords(verdict, advice.stage, presets, advice.tokensNeeded);
  return (
    <Section
      title="Rules"
      note={
        <>
          The {ruleSet} rules say: <strong>{title}</strong>.{' '}
          {ruleSet === advice.policy ? 'They decide here.' : 'They are shown for comparison and do not decide here.'}
        </>
      }
      actions={
        <Segmented
          label="Rule set"
          value={ruleSet}
          onChange={setRuleSet}
          options={[
            ['measured', 'Measured'],
            ['literal', 'Literal'],
          ]}
        />
      }
    >
      <DataTable
        caption={`Rules, ${ruleSet}`}
        rows={rules}
        columns={RULE_COLUMNS}
        rowKey={({ rule, role }) => `${rule} ${role}`}
      />
    </Section>
  );
}

const RULE_COLUMNS: readonly Column<RuleResult>[] = [
  {
    key: 'subject',
    title: 'Rule',
    phone: 'title',
    cell: ({ subject, preset }) => (
      <span>
        <strong>{subject}</strong> <span className="muted nowrap">of {preset}</span>
      </span>
    ),
  },
  {
    key: 'outcome',
    title: 'Holds',
    cell: ({ outcome }) => {
      const [tone, text] = OUTCOMES[outcome];
      return <Badge tone={tone}>{text}</Badge>;
    },
  },
  { key: 'value', title: 'Number', cell: ({ value, unit }) => ruleValue(value, unit), align: 'end' },
  { key: 'limit', title: 'Should be', cell: ruleLimit, align: 'end' },
  {
    key: 'source',
    title: 'Where the limit comes from',
    cell: ({ source }) => <span className="muted small">{source}</span>,
  },
];
