import { useState, type ReactNode } from 'react';
import { useSearchState } from '../../navigation/use-search-state.js';
import type { Policy } from '../../serving/serving-types.js';
import { usePolicies } from '../../serving/use-serving.js';
import { Button } from '../../ui/button.js';
import { Section } from '../../ui/page.js';
import { Resource } from '../../ui/resource.js';
import { PolicyEditor } from './policy-editor.js';
import { PolicyView } from './policy-view.js';

/** What releases go by: read in words, changed with a check, a difference and a simulation before it is written. */
export function PoliciesTab(): ReactNode {
  const policies = usePolicies();
  return <Resource of={policies}>{(data) => <PolicyChoice policies={data} />}</Resource>;
}

type Editing = 'same' | 'another' | null;

function PolicyChoice({ policies }: { readonly policies: readonly Policy[] }): ReactNode {
  const [name, setName] = useSearchState('policy', '');
  const [editing, setEditing] = useState<Editing>(null);
  const chosen = policies.find((each) => each.name === name) ?? policies[0];
  const choose = (next: string): void => {
    setName(next);
    setEditing(null);
  };
  if (chosen === undefined) return null;
  return (
    <div className="administration-policies">
      <Section title="Policies">
        <div className="administration-policy-list">
          {policies.map((policy) => (
            <button
              key={policy.name}
              type="button"
              className="administration-policy"
              aria-current={policy.name === chosen.name}
              onClick={() => choose(policy.name)}
            >
              <span>{policy.name}</span>
              <span className="muted small">{policy.version === 0 ? 'built in' : `version ${policy.version}`}</span>
            </button>
          ))}
        </div>
        <Button small icon="plus" onClick={() => setEditing('another')}>
          New policy
        </Button>
      </Section>
      {editing === null ? (
        <PolicyView policy={chosen} onEdit={() => setEditing('same')} />
      ) : (
        <PolicyEditor
          key={`${chosen.name} ${chosen.version} ${editing}`}
          policy={chosen}
          isAnother={editing === 'another'}
          onClose={(written) => (written === undefined ? setEditing(null) : choose(written))}
        />
      )}
    </div>
  );
}
