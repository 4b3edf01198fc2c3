import type { ReactNode } from 'react';
import { compact, count, decimal } from '../../../format/numbers.js';
import { DataTable, type Column } from '../../../ui/data-table.js';
import { Meter } from '../../../ui/meter.js';
import { Columns, Section } from '../../../ui/page.js';
import { Duration } from '../../../ui/time.js';
import { ComparedModels } from './compared-models.js';
import { RulesSection } from './rules-section.js';
import { SamplesSection } from './samples-section.js';
import type { UpgradeReport } from './verdict-words.js';

type Ratio = UpgradeReport['advice']['ratios'][number];
type Entry = UpgradeReport['advice']['timeline'][number];

/** Training sequences for each parameter that the rules want at least. */
const TARGET = 5;

/** Everything that a report says below its verdict: rules, models, data, time, texts. */
export function ReportView({ report }: { readonly report: UpgradeReport }): ReactNode {
  const { advice, evidence } = report;
  return (
    <>
      <RulesSection advice={advice} />
      {evidence.comparison !== null && <ComparedModels comparison={evidence.comparison} />}
      <Columns min={540}>
        <Section title="Text for each parameter" note="5 to 10 training sequences per parameter is the target.">
          <DataTable
            caption="Text for each parameter"
            rows={advice.ratios}
            columns={RATIO_COLUMNS}
            rowKey={({ role }) => role}
          />
        </Section>
        <Section title="Time" note="Training alone: what was predicted, and what it took.">
          <DataTable
            caption="Predicted and actual time"
            rows={advice.timeline}
            columns={TIME_COLUMNS}
            rowKey={({ role }) => role}
          />
        </Section>
      </Columns>
      {evidence.comparison !== null && <SamplesSection comparison={evidence.comparison} />}
    </>
  );
}

const RATIO_COLUMNS: readonly Column<Ratio>[] = [
  { key: 'preset', title: 'Preset', cell: ({ preset }) => preset },
  { key: 'parameters', title: 'Parameters', cell: ({ parameters }) => compact(parameters), align: 'end' },
  {
    key: 'ratio',
    title: 'Ratio',
    align: 'end',
    cell: ({ preset, ratio }) => (
      <div className="experiments-ratio">
        <span>{decimal(ratio, ratio < 1 ? 2 : 1)}</span>
        <Meter
          value={ratio}
          max={2 * TARGET}
          mark={TARGET}
          label={`Training sequences per parameter of ${preset}`}
          tone={ratio < TARGET ? 'warn' : 'good'}
          text={decimal(ratio, 1)}
        />
      </div>
    ),
  },
  {
    key: 'missing',
    title: 'Missing to 5',
    align: 'end',
    cell: ({ tokensMissing }) => (tokensMissing === 0 ? 'nothing' : `${compact(tokensMissing)} tokens`),
  },
];

const seconds = (value: number | null): ReactNode =>
  value === null ? <span className="muted">–</span> : <Duration ms={value * 1000} />;

const TIME_COLUMNS: readonly Column<Entry>[] = [
  { key: 'preset', title: 'Preset', cell: ({ preset }) => preset },
  {
    key: 'tokens',
    title: 'Tokens',
    cell: ({ trainedTokens }) => <span title={count(trainedTokens)}>{compact(trainedTokens)}</span>,
    align: 'end',
  },
  { key: 'estimate', title: 'By machine', cell: ({ byEstimate }) => seconds(byEstimate), align: 'end' },
  { key: 'operations', title: 'By operations', cell: ({ byOperations }) => seconds(byOperations), align: 'end' },
  { key: 'document', title: '15% rule', cell: ({ byDocument }) => seconds(byDocument), align: 'end' },
  { key: 'actual', title: 'Took', cell: ({ actual }) => <strong>{seconds(actual)}</strong>, align: 'end' },
];
