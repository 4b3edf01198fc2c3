import { useState, type ReactNode } from 'react';
import { problemOf, toFailure, type ApiFailure } from '../../api/api-failure.js';
import { api, idempotent, unwrap, type Answer } from '../../api/client.js';
import { useAction } from '../../data/use-action.js';
import { useQuery } from '../../data/use-query.js';
import type { Policy } from '../../serving/serving-types.js';
import { Button } from '../../ui/button.js';
import { useConfirm } from '../../ui/confirm.js';
import { TextField } from '../../ui/inputs.js';
import { Columns, Section } from '../../ui/page.js';
import { Notice, Skeleton } from '../../ui/states.js';
import { DocumentDiff } from './document-diff.js';
import { PolicySimulation } from './policy-simulation.js';
import { PolicyWords } from './policy-view.js';
import { useSettled } from './use-settled.js';

interface PolicyEditorProps {
  /** What it begins with. */
  readonly policy: Policy;
  /** Whether it is to become a policy of another name. */
  readonly isAnother: boolean;
  /** @param written name of the policy, when one was written */
  readonly onClose: (written?: string) => void;
}

type Checked = Answer<'/v1/admin/policies/check', 'post'>;

/** Changes a policy: what is written is checked by the service while it is written. */
export function PolicyEditor({ policy, isAnother, onClose }: PolicyEditorProps): ReactNode {
  const [name, setName] = useState(isAnother ? '' : policy.name);
  const [text, setText] = useState(() => JSON.stringify(policy.document, null, 2));
  const confirm = useConfirm();
  const settled = useSettled(text);
  const parsed = parse(settled);
  const check = useQuery(
    ['policy-check', settled],
    () => unwrap(api.POST('/v1/admin/policies/check', { body: parsed.document ?? {} })),
    { enabled: parsed.document !== null },
  );
  const save = useAction(
    (document: Checked['document']) =>
      unwrap(
        api.PUT('/v1/admin/policies/{name}', { params: { path: { name } }, headers: idempotent(), body: document }),
      ),
    { done: ({ version }) => `${name}, version ${version}, is written.`, refresh: ['policies'], quiet: true },
  );
  const checked = settled === text && parsed.document !== null ? check.data : undefined;
  const failure = parsed.document === null ? null : check.failure;
  const askToSave = async (): Promise<void> => {
    if (checked === undefined) return;
    const answer = await confirm({
      title: `Write ${name}?`,
      text: (
        <div className="stack">
          <p>It is used by releases that are opened from now on; those that are open keep theirs.</p>
          <DocumentDiff before={policy.document} after={checked.document} />
        </div>
      ),
      action: 'Write it',
    });
    if (answer === null) return;
    if ((await save.run(checked.document)) !== undefined) onClose(name);
  };
  return (
    <div className="stack">
      <Section
        title={isAnother ? `New policy, from ${policy.name}` : `Change ${policy.name}`}
        actions={
          <>
            <Button small onClick={() => onClose()}>
              Cancel
            </Button>
            <Button
              small
              kind="primary"
              busy={save.isRunning}
              disabled={checked === undefined || failure !== null || name === ''}
              onClick={() => void askToSave()}
            >
              Write it …
            </Button>
          </>
        }
      >
        {save.failure !== null && save.failure.param !== 'name' && <Notice tone="bad">{save.failure.message}</Notice>}
        {isAnother && (
          <TextField
            label="Name"
            hint="Small letters, digits and hyphens."
            mono
            value={name}
            onChange={setName}
            problem={problemOf(save.failure, 'name')}
          />
        )}
        <Columns min={340}>
          <div className="administration-editor">
            <TextField
              label="Policy, as JSON"
              hint="What is left out is taken from the policy that is built in."
              multiline
              rows={28}
              mono
              value={text}
              onChange={setText}
              problem={problemText(parsed.problem, failure)}
            />
          </div>
          <div className="stack">
            <h3>What it changes</h3>
            {checked === undefined ? (
              failure === null && parsed.problem === undefined && <Skeleton lines={3} />
            ) : (
              <>
                <DocumentDiff before={policy.document} after={checked.document} />
                <h3>What it comes to</h3>
                <PolicyWords words={checked.in_words} />
              </>
            )}
          </div>
        </Columns>
      </Section>
      <PolicySimulation document={failure === null && checked !== undefined ? checked.document : null} />
    </div>
  );
}

interface Parsed {
  readonly document: Checked['document'] | null;
  readonly problem: string | undefined;
}

function parse(text: string): Parsed {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return { document: value as Checked['document'], problem: undefined };
    return { document: null, problem: 'A policy is an object: it begins with { and ends with }.' };
  } catch (thrown) {
    return { document: null, problem: `This is not JSON yet: ${toFailure(thrown).message}` };
  }
}

/** What the service says, with the place of the mistake. */
function problemText(problem: string | undefined, failure: ApiFailure | null): string | undefined {
  if (problem !== undefined || failure === null) return problem;
  return failure.param === null ? failure.message : `${failure.param}: ${failure.message}`;
}
