import { useId, useState, type ReactNode } from 'react';
import { Field, type FieldProps } from './field.js';

interface TextFieldProps extends FieldProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly placeholder?: string;
  readonly multiline?: boolean;
  readonly rows?: number;
  readonly mono?: boolean;
  readonly type?: 'text' | 'password' | 'url' | 'search';
  readonly required?: boolean;
}

/** A line of text, or several. */
export function TextField(props: TextFieldProps): ReactNode {
  const { value, onChange, placeholder, multiline = false, rows, mono = false, type, required, ...field } = props;
  const given = { className: mono ? 'input mono' : 'input', value, placeholder, required, spellCheck: !mono };
  return (
    <Field {...field}>
      {(ids) =>
        multiline ? (
          <textarea {...ids} {...given} rows={rows} onChange={(event) => onChange(event.target.value)} />
        ) : (
          <input
            {...ids}
            {...given}
            type={type ?? 'text'}
            autoComplete={type === 'password' ? 'off' : undefined}
            onChange={(event) => onChange(event.target.value)}
          />
        )
      }
    </Field>
  );
}

interface NumberFieldProps extends FieldProps {
  /** null: nothing is written there. */
  readonly value: number | null;
  readonly onChange: (value: number | null) => void;
  readonly min?: number;
  readonly max?: number;
  readonly step?: number | 'any';
  readonly unit?: string;
  readonly placeholder?: string;
}

/** A number. What is written stays as it is while it is not one. */
export function NumberField(props: NumberFieldProps): ReactNode {
  const { value, onChange, min, max, step = 'any', unit, placeholder, ...field } = props;
  const [text, setText] = useState(() => (value === null ? '' : String(value)));
  const isSame = (text.trim() === '' ? null : Number(text)) === value;
  return (
    <Field {...field}>
      {(ids) => (
        <div className="input-unit">
          <input
            {...ids}
            className="input num"
            type="number"
            inputMode="decimal"
            value={isSame ? text : value === null ? '' : String(value)}
            min={min}
            max={max}
            step={step}
            placeholder={placeholder}
            onChange={(event) => {
              setText(event.target.value);
              const number = event.target.valueAsNumber;
              onChange(Number.isNaN(number) ? null : number);
            }}
          />
          {unit !== undefined && <span>{unit}</span>}
        </div>
      )}
    </Field>
  );
}

interface SelectFieldProps<T extends string> extends FieldProps {
  readonly value: T;
  readonly onChange: (value: T) => void;
  readonly options: readonly (readonly [T, string])[];
}

/** One of several. */
export function SelectField<T extends string>(props: SelectFieldProps<T>): ReactNode {
  const { value, onChange, options, ...field } = props;
  return (
    <Field {...field}>
      {(ids) => (
        <select {...ids} className="input" value={value} onChange={(event) => onChange(event.target.value as T)}>
          {options.map(([option, text]) => (
            <option key={option} value={option}>
              {text}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

interface CheckFieldProps {
  readonly label: string;
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
  readonly hint?: string;
  readonly disabled?: boolean;
}

/** Yes or no. */
export function CheckField({ label, checked, onChange, hint, disabled }: CheckFieldProps): ReactNode {
  const id = useId();
  return (
    <div className="check">
      <input
        id={id}
        type="checkbox"
        checked={checked}
        disabled={disabled}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        onChange={(event) => onChange(event.target.checked)}
      />
      <div>
        <label htmlFor={id}>{label}</label>
        {hint !== undefined && (
          <div className="field-hint" id={`${id}-hint`}>
            {hint}
          </div>
        )}
      </div>
    </div>
  );
}

interface CheckSetProps<T extends string> {
  readonly legend: string;
  /** Each with what it means. */
  readonly options: readonly (readonly [T, string])[];
  readonly value: ReadonlySet<T>;
  readonly onChange: (value: ReadonlySet<T>) => void;
}

/** Any number of several. */
export function CheckSet<T extends string>({ legend, options, value, onChange }: CheckSetProps<T>): ReactNode {
  const change = (option: T, checked: boolean): void => {
    const next = new Set(value);
    if (checked) next.add(option);
    else next.delete(option);
    onChange(next);
  };
  return (
    <fieldset className="field-group">
      <legend>{legend}</legend>
      {options.map(([option, hint]) => (
        <CheckField
          key={option}
          label={option}
          hint={hint}
          checked={value.has(option)}
          onChange={(checked) => change(option, checked)}
        />
      ))}
    </fieldset>
  );
}

interface RangeFieldProps extends FieldProps {
  readonly value: number;
  readonly onChange: (value: number) => void;
  readonly min: number;
  readonly max: number;
  readonly step: number;
}

/** A number between two others, by sliding; its value stands beside the label. */
export function RangeField({ value, onChange, min, max, step, ...field }: RangeFieldProps): ReactNode {
  return (
    <Field {...field} label={field.label}>
      {(ids) => (
        <div className="input-unit">
          <input
            {...ids}
            type="range"
            value={value}
            min={min}
            max={max}
            step={step}
            onChange={(event) => onChange(event.target.valueAsNumber)}
          />
          <output className="num" htmlFor={ids.id}>
            {value}
          </output>
        </div>
      )}
    </Field>
  );
}
