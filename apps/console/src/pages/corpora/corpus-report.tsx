import type { ReactNode } from 'react';
import { compact, count, decimal, percent } from '../../format/numbers.js';
import { Badge } from '../../ui/badge.js';
import { DataTable, type Column } from '../../ui/data-table.js';
import { Meter } from '../../ui/meter.js';
import { Columns, Section } from '../../ui/page.js';
import { Stat, Stats } from '../../ui/stat.js';
import { Findings, type Report } from './findings.js';

type Preset = Report['presets'][number];

/** Training tokens for each parameter: the target is 5 to 10. */
const TARGET = 5;

/** The report of a text. */
export function CorpusReport({ report }: { readonly report: Report }): ReactNode {
  const { train, validation, documents, files } = report;
  const found = Object.values(report.finding_counts).reduce((sum, each) => sum + each, 0);
  return (
    <>
      <Section>
        <Stats>
          <Stat
            label="Documents"
            value={count(documents)}
            hint={documents === files ? 'all that were read' : `of ${count(files)} that were read`}
          />
          <Stat label="Training tokens" value={compact(train.tokens)} hint={count(train.tokens)} />
          <Stat
            label="Coverage"
            value={percent(validation.coverage)}
            hint={`${compact(Math.min(report.vocabulary_size, report.distinct_tokens))} of ${compact(report.distinct_tokens)} words and marks`}
            {...(validation.coverage < 0.9 && { tone: 'warn' as const })}
          />
          <Stat label="Findings" value={count(found)} hint={found === 0 ? 'nothing to say' : 'see below'} />
        </Stats>
      </Section>
      <Section
        title="Is it enough?"
        note="Training tokens for each parameter: 5 to 10 is the target. Below 5 a model may learn the text by heart."
      >
        <DataTable
          caption="Is it enough for each preset?"
          rows={report.presets}
          columns={PRESET_COLUMNS}
          rowKey={({ preset }) => preset}
        />
      </Section>
      <Columns min={380}>
        <Section title="Parts" note="Held-out text is whole documents, and shares none with what is learned from.">
          <DataTable
            caption="Parts"
            rows={[
              { name: 'training', ...train },
              { name: 'validation', ...validation },
              { name: 'test', ...report.test },
            ]}
            columns={PART_COLUMNS}
            rowKey={({ name }) => name}
          />
        </Section>
        <Findings report={report} />
      </Columns>
    </>
  );
}

const VERDICTS = {
  below_target: ['warn', 'too little'],
  target: ['good', 'enough'],
  above_target: ['good', 'more than enough'],
} as const;

const PRESET_COLUMNS: readonly Column<Preset>[] = [
  { key: 'preset', title: 'Preset', cell: ({ preset }) => preset },
  { key: 'parameters', title: 'Parameters', cell: ({ parameters }) => compact(parameters), align: 'end' },
  {
    key: 'ratio',
    title: 'Tokens per parameter',
    width: '34%',
    cell: ({ preset, tokens_per_parameter: ratio }) => (
      <div className="corpora-ratio">
        <span className="num">{decimal(ratio, ratio < 1 ? 2 : 1)}</span>
        <Meter
          value={ratio}
          max={2 * TARGET}
          mark={TARGET}
          label={`Tokens per parameter of ${preset}`}
          tone={ratio < TARGET ? 'warn' : 'good'}
          text={`${decimal(ratio, 2)} of ${TARGET}`}
        />
      </div>
    ),
  },
  {
    key: 'verdict',
    title: 'Verdict',
    cell: ({ verdict }) => {
      const [tone, text] = VERDICTS[verdict];
      return <Badge tone={tone}>{text}</Badge>;
    },
  },
  {
    key: 'missing',
    title: 'Missing to 5',
    align: 'end',
    cell: ({ tokens_missing: missing }) =>
      missing === 0 ? 'nothing' : <span title={count(missing)}>{compact(missing)} tokens</span>,
  },
];

type Part = Report['train'] & { readonly name: string };

const PART_COLUMNS: readonly Column<Part>[] = [
  { key: 'name', title: 'Part', cell: ({ name }) => name },
  { key: 'documents', title: 'Documents', cell: ({ documents }) => count(documents), align: 'end' },
  { key: 'tokens', title: 'Tokens', cell: ({ tokens }) => count(tokens), align: 'end' },
  { key: 'unknown', title: 'Unknown', cell: ({ unknown_tokens: unknown }) => count(unknown), align: 'end' },
  { key: 'coverage', title: 'Coverage', cell: ({ coverage }) => percent(coverage), align: 'end' },
];
