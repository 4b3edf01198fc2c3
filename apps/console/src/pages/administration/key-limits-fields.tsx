import type { ReactNode } from 'react';
import { problemOf, type ApiFailure } from '../../api/api-failure.js';
import { NumberField } from '../../ui/inputs.js';
import { LIMIT_FIELDS, type KeyLimits } from './key-limits.js';

interface KeyLimitsFieldsProps {
  readonly limits: KeyLimits;
  readonly onChange: (limits: KeyLimits) => void;
  readonly failure: ApiFailure | null;
}

/** What a key may use of each replica. */
export function KeyLimitsFields({ limits, onChange, failure }: KeyLimitsFieldsProps): ReactNode {
  return (
    <fieldset className="field-group">
      <legend>Limits, for each replica</legend>
      <p className="muted small">Empty takes the default of the server; 0 sets no limit.</p>
      <div className="form-grid">
        {LIMIT_FIELDS.map(([name, label]) => (
          <NumberField
            key={name}
            label={label}
            optional
            min={0}
            step={1}
            value={limits[name]}
            onChange={(value) => onChange({ ...limits, [name]: value })}
            problem={problemOf(failure, name)}
          />
        ))}
      </div>
    </fieldset>
  );
}
