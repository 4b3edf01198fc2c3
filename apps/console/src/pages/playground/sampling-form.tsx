import type { ReactNode } from 'react';
import type { ApiFailure } from '../../api/api-failure.js';
import { problemOf } from '../../api/api-failure.js';
import { Disclosure } from '../../ui/disclosure.js';
import { CheckField, NumberField, TextField } from '../../ui/inputs.js';
import { SAMPLING_FIELDS, type SamplingField, type SamplingValues } from './sampling-fields.js';

interface SamplingFormProps {
  readonly values: SamplingValues;
  readonly onChange: (values: SamplingValues) => void;
  /** Of the last request: shown beside the field that it is about. */
  readonly failure: ApiFailure | null;
}

const GROUPS: readonly (readonly [SamplingField['group'], string])[] = [
  ['length', 'Length and end'],
  ['sampling', 'Sampling'],
  ['repetition', 'Repetition'],
  ['search', 'Search'],
];

/** Every field that shapes the text. */
export function SamplingForm({ values, onChange, failure }: SamplingFormProps): ReactNode {
  return (
    <>
      {GROUPS.map(([group, title], index) => {
        const fields = SAMPLING_FIELDS.filter((field) => field.group === group);
        const changed = fields.filter(({ name, initial }) => values[name] !== initial).length;
        return (
          <Disclosure key={group} open={index < 2} summary={changed === 0 ? title : `${title} · ${changed} changed`}>
            <div className="form-grid">
              {fields.map((field) => (
                <SamplingInput
                  key={field.name}
                  field={field}
                  value={values[field.name] ?? null}
                  problem={problemOf(failure, field.name)}
                  onChange={(value) => onChange({ ...values, [field.name]: value })}
                />
              ))}
            </div>
          </Disclosure>
        );
      })}
    </>
  );
}

interface SamplingInputProps {
  readonly field: SamplingField;
  readonly value: SamplingValues[string];
  readonly problem: string | undefined;
  readonly onChange: (value: SamplingValues[string]) => void;
}

function SamplingInput({ field, value, problem, onChange }: SamplingInputProps): ReactNode {
  const { label, hint, kind, min, max, step } = field;
  const common = { label, problem, ...(hint !== undefined && { hint }) };
  if (kind === 'flag') return <CheckField label={label} checked={value === true} onChange={onChange} />;
  if (kind === 'text')
    return <TextField {...common} multiline rows={2} mono value={String(value ?? '')} onChange={onChange} />;
  return (
    <NumberField
      {...common}
      value={typeof value === 'number' ? value : null}
      onChange={onChange}
      {...(min !== undefined && { min })}
      {...(max !== undefined && { max })}
      step={step ?? 'any'}
    />
  );
}
