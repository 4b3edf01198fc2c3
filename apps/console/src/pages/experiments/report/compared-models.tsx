import type { ReactNode } from 'react';
import { compact, count, counted, decimal, percent, rate, signed } from '../../../format/numbers.js';
import { DataTable, type Column } from '../../../ui/data-table.js';
import { Section } from '../../../ui/page.js';
import { IntervalBar } from './interval-bar.js';
import type { Comparison } from './verdict-words.js';

type Model = Comparison['models'][number];
type Pair = Comparison['pairs'][number];

/** A row: a model, or the trigrams that every model has to beat. */
interface Row {
  readonly name: string;
  readonly parameters: number | null;
  readonly scores: Model['evaluation'];
  readonly tokensPerSecond: number | null;
}

/** The models on the same held-out text, beside the baseline, and what the larger ones gain with its interval. */
export function ComparedModels({ comparison }: { readonly comparison: Comparison }): ReactNode {
  const { heldOut, models, baseline, pairs } = comparison;
  const rows: Row[] = [
    { name: 'trigram baseline', parameters: null, scores: baseline.evaluation, tokensPerSecond: null },
    ...models.map(({ preset, parameters, evaluation, tokensPerSecond }) => ({
      name: preset,
      parameters,
      scores: evaluation,
      tokensPerSecond,
    })),
  ];
  const presetOf = (role: string): string => models.find((model) => model.role === role)?.preset ?? role;
  const from = presetOf('from');
  return (
    <Section
      title="Models on the same text"
      note={`${count(heldOut.tokens)} tokens of ${counted(heldOut.documents, 'document')} that no model has learned (${heldOut.part} part), scored by the runtime that serves.`}
    >
      <DataTable caption="Models on the same text" rows={rows} columns={MODEL_COLUMNS} rowKey={({ name }) => name} />
      {pairs.map((pair) => (
        <PairedGain key={pair.role} pair={pair} name={presetOf(pair.role)} from={from} />
      ))}
    </Section>
  );
}

const MODEL_COLUMNS: readonly Column<Row>[] = [
  { key: 'name', title: 'Model', cell: ({ name }) => name },
  { key: 'parameters', title: 'Parameters', cell: ({ parameters }) => compact(parameters), align: 'end' },
  { key: 'loss', title: 'Loss', cell: ({ scores }) => decimal(scores.lossNats), align: 'end' },
  { key: 'perplexity', title: 'Perplexity', cell: ({ scores }) => decimal(scores.perplexity, 1), align: 'end' },
  { key: 'accuracy', title: 'Accuracy', cell: ({ scores }) => percent(scores.top1), align: 'end' },
  { key: 'speed', title: 'Scores', cell: ({ tokensPerSecond }) => rate(tokensPerSecond, 'tok/s'), align: 'end' },
];

function PairedGain({
  pair,
  name,
  from,
}: {
  readonly pair: Pair;
  readonly name: string;
  readonly from: string;
}): ReactNode {
  const { gainNats, gainPoints, wins, confidence, units, unit } = pair;
  return (
    <div className="experiments-pair">
      <h3>
        {name} against {from}
      </h3>
      <IntervalBar
        label="Loss saved"
        interval={gainNats}
        text={`${signed(gainNats.estimate, 3)} nats (${signed(gainNats.low, 3)} to ${signed(gainNats.high, 3)})`}
      />
      <IntervalBar
        label="Accuracy won"
        interval={gainPoints}
        text={`${signed(gainPoints.estimate, 2)} points (${signed(gainPoints.low, 2)} to ${signed(gainPoints.high, 2)})`}
      />
      <p className="muted small">
        {name} is the better one on {percent(wins)} of the tokens. Intervals of {percent(confidence, 0)} by drawing{' '}
        {count(units)} {unit} again.
      </p>
    </div>
  );
}
