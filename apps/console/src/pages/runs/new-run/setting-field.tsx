import type { ReactNode } from 'react';
import type { Answer } from '../../../api/client.js';
import { NumberField, SelectField } from '../../../ui/inputs.js';

type Rule = Answer<'/v1/fine_tuning/presets'>['hyperparameters'][number];

interface SettingFieldProps {
  readonly rule: Rule;
  /** null takes the default. */
  readonly value: number | string | null;
  readonly onChange: (value: number | string | null) => void;
  readonly problem: string | undefined;
}

/** What a setting does, in a few words. The name in the API is its label, so that both are found by the same word. */
const HINTS: Readonly<Record<string, string>> = {
  n_epochs: 'How often the text is read.',
  batch_size: 'Places of the text that are read at once.',
  learning_rate: 'Peak of the schedule.',
  dropout_rate: 'Share of the units left out while learning; more overfits less.',
  early_stopping_patience: 'Evaluations without progress that end the run; 0 never does.',
  max_train_tokens: 'Ends the run after so many tokens; 0 sets no limit.',
  sequence_length: 'Tokens that a gradient reaches back.',
  max_vocab_size: 'Most words and marks that the model knows.',
  tokenization: 'text keeps punctuation and case, words does not.',
  validation_fraction: 'Share of the documents held out for evaluations.',
  test_fraction: 'Share of the documents held out for comparisons.',
};

/** One hyper-parameter with its limits. */
export function SettingField({ rule, value, onChange, problem }: SettingFieldProps): ReactNode {
  const { name, kind, default: fallback, minimum, maximum, choices } = rule;
  const limits = minimum === null || maximum === null ? '' : ` From ${short(minimum)} to ${short(maximum)}.`;
  const hint = `${HINTS[name] ?? ''}${limits}`.trim();
  const shared = { label: name, ...(hint !== '' && { hint }), problem };
  if (kind === 'choice') {
    return (
      <SelectField
        {...shared}
        value={typeof value === 'string' ? value : ''}
        onChange={onChange}
        options={[['', `default: ${String(fallback)}`], ...choices.map((choice) => [choice, choice] as const)]}
      />
    );
  }
  return (
    <NumberField
      {...shared}
      value={typeof value === 'number' ? value : null}
      onChange={onChange}
      placeholder={fallback === null ? 'of the preset' : String(fallback)}
      step={kind === 'integer' ? 1 : 'any'}
      {...(minimum !== null && { min: minimum })}
      {...(maximum !== null && { max: maximum })}
    />
  );
}

function short(value: number): string {
  return value !== 0 && (Math.abs(value) >= 1e6 || Math.abs(value) < 1e-3)
    ? value.toExponential().replace('e+', 'e')
    : value.toLocaleString('en');
}
