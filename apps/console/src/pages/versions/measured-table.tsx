import type { ReactNode } from 'react';
import { compact, decimal, percent } from '../../format/numbers.js';
import type { DescribedVersion } from '../../serving/serving-types.js';
import { DataTable, type Column } from '../../ui/data-table.js';
import { Empty } from '../../ui/states.js';
import { metricsOf, type Measured } from './version-metrics.js';

interface Row {
  readonly name: string;
  readonly measured: Measured;
}

const COLUMNS: readonly Column<Row>[] = [
  { key: 'text', title: 'Text', cell: ({ name }) => name, phone: 'title' },
  { key: 'perplexity', title: 'Perplexity', align: 'end', cell: ({ measured }) => decimal(measured.perplexity, 2) },
  { key: 'loss', title: 'Loss, nats', align: 'end', cell: ({ measured }) => decimal(measured.lossNats, 4) },
  { key: 'top1', title: 'Accuracy', align: 'end', cell: ({ measured }) => percent(measured.top1) },
  { key: 'top5', title: 'In first five', align: 'end', cell: ({ measured }) => percent(measured.top5) },
  { key: 'tokens', title: 'Tokens', align: 'end', cell: ({ measured }) => compact(measured.tokens) },
];

/** What was measured of a version on each of its texts. */
export function MeasuredTable({ version }: { readonly version: DescribedVersion }): ReactNode {
  const { train, validation, test } = metricsOf(version);
  const rows = (
    [
      ['training', train],
      ['validation', validation],
      ['test', test],
    ] as const
  ).flatMap(([name, measured]) => (measured === null ? [] : [{ name, measured }]));
  return (
    <DataTable
      caption="What was measured"
      rows={rows}
      columns={COLUMNS}
      rowKey={({ name }) => name}
      empty={<Empty title="Nothing was measured">An imported model comes without measurements.</Empty>}
    />
  );
}
