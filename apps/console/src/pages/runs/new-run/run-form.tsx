import { useState, type ReactNode } from 'react';
import { useLocation } from 'wouter';
import { problemOf } from '../../../api/api-failure.js';
import { api, unwrap, type Answer, type Item } from '../../../api/client.js';
import { useAction } from '../../../data/use-action.js';
import { bytes, compact } from '../../../format/numbers.js';
import { Button } from '../../../ui/button.js';
import { Disclosure } from '../../../ui/disclosure.js';
import { NumberField, SelectField, TextField } from '../../../ui/inputs.js';
import { Section } from '../../../ui/page.js';
import { Notice } from '../../../ui/states.js';
import { PlanPanel } from './plan-panel.js';
import { SettingField } from './setting-field.js';
import { toBody, withSetting, type RunRequest } from './run-request.js';

type Presets = Answer<'/v1/fine_tuning/presets'>;

interface RunFormProps {
  readonly presets: Presets;
  readonly files: readonly Item<'/v1/files'>[];
  readonly initial: RunRequest;
}

/** What most people change. */
const COMMON: readonly string[] = [
  'n_epochs',
  'batch_size',
  'learning_rate',
  'dropout_rate',
  'early_stopping_patience',
  'max_train_tokens',
];
const IN_BODY = 'method.supervised.hyperparameters.';

/** The form of a run, and beside it what the run would be. */
export function RunForm({ presets, files, initial }: RunFormProps): ReactNode {
  const [request, setRequest] = useState(initial);
  const [, go] = useLocation();
  const start = useAction((body: ReturnType<typeof toBody>) => unwrap(api.POST('/v1/fine_tuning/jobs', { body })), {
    done: 'The run is queued',
    refresh: ['runs'],
    quiet: true,
  });
  const { failure } = start;
  const { model, file, validationFile, suffix, seed } = request;
  const set = (change: Partial<RunRequest>): void => setRequest({ ...request, ...change });
  const submit = async (): Promise<void> => {
    const job = await start.run(toBody(request));
    if (job !== undefined) go(`/runs/${encodeURIComponent(job.id)}`);
  };
  const field = (hyperparameter: Presets['hyperparameters'][number]): ReactNode => (
    <SettingField
      key={hyperparameter.name}
      rule={hyperparameter}
      value={request.settings[hyperparameter.name] ?? null}
      onChange={(value) => setRequest(withSetting(request, hyperparameter.name, value))}
      problem={problemOf(failure, `${IN_BODY}${hyperparameter.name}`)}
    />
  );
  const isPreset = presets.presets.some(({ id }) => id === model);
  const others = presets.hyperparameters.filter(({ name }) => !COMMON.includes(name));
  const common = COMMON.flatMap((name) => presets.hyperparameters.filter((rule) => rule.name === name));
  const changed = others.filter(({ name }) => name in request.settings).length;
  return (
    <form
      className="runs-new"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <div className="stack">
        <Section title="What to train">
          <div className="runs-fields">
            <SelectField
              label="Text"
              value={file}
              onChange={(value) => set({ file: value })}
              options={files.map(({ id, filename, bytes: size }) => [id, `${filename} (${bytes(size)})`] as const)}
              problem={problemOf(failure, 'training_file')}
            />
            <SelectField
              label="Model"
              value={model}
              onChange={(value) => set({ model: value })}
              options={[
                ...presets.presets.map(
                  ({ id, parameters }) => [id, `${id}, ${compact(parameters)} parameters`] as const,
                ),
                ...(isPreset ? [] : [[model, `go on from ${model}`] as const]),
              ]}
              problem={problemOf(failure, 'model')}
            />
            <TextField
              label="Suffix"
              optional
              hint="A word in the name of the model version."
              placeholder="understudy"
              value={suffix}
              onChange={(value) => set({ suffix: value })}
              problem={problemOf(failure, 'suffix')}
            />
            <SelectField
              label="Validated on"
              value={validationFile}
              onChange={(value) => set({ validationFile: value })}
              options={[
                ['', 'documents held out of the text'],
                ...files.filter(({ id }) => id !== file).map(({ id, filename }) => [id, filename] as const),
              ]}
              problem={problemOf(failure, 'validation_file')}
            />
          </div>
        </Section>
        <Section title="How" note="What is left empty takes the default that stands in the field.">
          <div className="runs-fields">{common.map(field)}</div>
          <Disclosure summary={changed === 0 ? 'All settings' : `All settings (${changed} changed)`} open={changed > 0}>
            <div className="runs-fields">
              {others.map(field)}
              <NumberField
                label="seed"
                optional
                hint="The same seed, text and settings give the same weights on the same machine."
                placeholder="drawn"
                value={seed}
                min={0}
                step={1}
                onChange={(value) => set({ seed: value })}
                problem={problemOf(failure, 'seed')}
              />
            </div>
          </Disclosure>
        </Section>
        {failure !== null && (
          <Notice tone="bad" title="The run was not started.">
            {failure.message}
          </Notice>
        )}
        <div className="row wrap">
          <Button type="submit" kind="primary" busy={start.isRunning}>
            Start the run
          </Button>
        </div>
      </div>
      <PlanPanel request={request} />
    </form>
  );
}
