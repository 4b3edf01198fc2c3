import './playground.css';
import { useState, type ReactNode } from 'react';
import { api, unwrap } from '../../api/client.js';
import { useQuery } from '../../data/use-query.js';
import { useSearchState } from '../../navigation/use-search-state.js';
import { useSession } from '../../session/use-session.js';
import { Button, ButtonLink, IconButton } from '../../ui/button.js';
import { CodeBlock } from '../../ui/code-block.js';
import { NumberField, SelectField, TextField } from '../../ui/inputs.js';
import { Columns, Page, Section } from '../../ui/page.js';
import { Empty, Failure, Notice } from '../../ui/states.js';
import { Tabs } from '../../ui/tabs.js';
import { codeSamples } from './code-samples.js';
import { CompletionPanel } from './completion-panel.js';
import { INITIAL_VALUES, isStreamed, requestFields } from './sampling-fields.js';
import { SamplingForm } from './sampling-form.js';
import { useCompletion } from './use-completion.js';

const LARGEST_SEED = 2 ** 31;
/** How many of the likeliest tokens are told beside each. */
const ALTERNATIVES = 5;
const NOBODY = '';

/** Try a version, or two side by side on the same seed. */
export function PlaygroundPage(): ReactNode {
  const { me, can } = useSession();
  const models = useQuery(['models'], (signal) => unwrap(api.GET('/v1/models', { signal })), {
    topics: ['version', 'deployment'],
    everyMs: 60_000,
  });
  const [model, setModel] = useSearchState('model', me.deployment);
  const [other, setOther] = useSearchState('with', NOBODY);
  const [prompt, setPrompt] = useState('It was a dark night, and');
  const [seed, setSeed] = useState<number | null>(1);
  const [values, setValues] = useState(INITIAL_VALUES);
  const [language, setLanguage] = useState<'curl' | 'python' | 'node'>('curl');
  const first = useCompletion();
  const second = useCompletion();
  const { fields, problem } = readFields(values);
  const bodyFor = (name: string): Record<string, unknown> => ({
    model: name,
    prompt,
    ...fields,
    ...(seed !== null && { seed }),
    ...(isStreamed(values) && { stream: true }),
  });
  const isRunning = [first, second].some(({ state }) => state.phase === 'running');
  const canRun = !isRunning && problem === null && prompt !== '' && models.data?.data.length !== 0;
  const run = (): void => {
    if (!canRun) return;
    const extra = { logprobs: ALTERNATIVES, ...(isStreamed(values) && { stream_options: { include_usage: true } }) };
    void first.run({ ...bodyFor(model), ...extra });
    if (other === NOBODY) second.clear();
    else void second.run({ ...bodyFor(other), ...extra });
  };
  const stop = (): void => {
    first.stop();
    second.stop();
  };
  const names = namesOf(models.data?.data.map(({ id }) => id) ?? [], [model, other]);
  const samples = codeSamples(location.origin, bodyFor(model));
  return (
    <Page title="Playground" lede="Try a version, or two side by side on the same seed.">
      {models.failure !== null && <Failure of={models.failure} onRetry={models.reload} />}
      {models.data?.data.length === 0 && (
        <Section>
          <Empty
            title="No model is there to be tried"
            action={can('training') ? <ButtonLink href="/runs/new">New run</ButtonLink> : undefined}
          >
            Start a training run; when it has ended, its version can be tried here.
          </Empty>
        </Section>
      )}
      <div className="playground">
        <div className="playground-side">
          <Section title="Request">
            <form
              className="stack"
              // The service says what is wrong with a value; the browser could not even show it where a group is closed.
              noValidate
              onSubmit={(event) => {
                event.preventDefault();
                run();
              }}
              onKeyDown={(event) => {
                if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
                event.preventDefault();
                run();
              }}
            >
              <SelectField label="Model" value={model} onChange={setModel} options={names} />
              <SelectField
                label="Beside it"
                value={other}
                onChange={setOther}
                options={[[NOBODY, 'nothing'], ...names]}
              />
              <TextField label="Prompt" multiline rows={4} value={prompt} onChange={setPrompt} />
              <div className="playground-seed">
                <NumberField
                  label="Seed"
                  value={seed}
                  onChange={setSeed}
                  step={1}
                  hint={seed === null ? 'A new one each time.' : 'The same seed gives the same text.'}
                />
                <IconButton
                  icon="dice"
                  kind="plain"
                  label="Another seed"
                  onClick={() => setSeed(Math.floor(Math.random() * LARGEST_SEED))}
                />
              </div>
              <SamplingForm values={values} onChange={setValues} failure={first.failure ?? second.failure} />
              {problem !== null && <Notice tone="bad">{problem}</Notice>}
              <div className="playground-actions">
                {isRunning ? (
                  <Button kind="primary" icon="stop" onClick={stop}>
                    Stop
                  </Button>
                ) : (
                  <Button kind="primary" icon="play" type="submit" disabled={!canRun}>
                    Generate
                  </Button>
                )}
                <Button kind="ghost" onClick={() => setValues(INITIAL_VALUES)}>
                  Reset
                </Button>
                <span className="muted small">
                  <kbd>Ctrl</kbd> <kbd>Enter</kbd>
                </span>
              </div>
            </form>
          </Section>
        </div>
        <div className="stack">
          <Columns min={360}>
            <CompletionPanel title={model} completion={first} />
            {other !== NOBODY && <CompletionPanel title={other} completion={second} />}
          </Columns>
          <Section title="The same from a program">
            <Tabs label="Language" value={language} onChange={setLanguage} items={samples}>
              <CodeBlock text={samples.find(({ id }) => id === language)?.text ?? ''} label="Copy the code" />
            </Tabs>
          </Section>
        </div>
      </div>
    </Page>
  );
}

function readFields(values: typeof INITIAL_VALUES): { fields: Record<string, unknown>; problem: string | null } {
  try {
    return { fields: requestFields(values), problem: null };
  } catch (thrown) {
    return { fields: {}, problem: thrown instanceof Error ? thrown.message : String(thrown) };
  }
}

/** What can be chosen, with what the address names even where the service does not know it any more. */
function namesOf(ids: readonly string[], chosen: readonly string[]): (readonly [string, string])[] {
  return [...new Set([...chosen.filter((name) => name !== NOBODY), ...ids])].map((id) => [id, id]);
}
