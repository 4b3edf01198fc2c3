import { useState, type ReactNode } from 'react';
import { useLocation } from 'wouter';
import { problemOf } from '../../api/api-failure.js';
import { api, unwrap, type Answer, type Body, type Item } from '../../api/client.js';
import { useAction } from '../../data/use-action.js';
import { bytes, compact } from '../../format/numbers.js';
import { IfScope } from '../../session/if-scope.js';
import { Button } from '../../ui/button.js';
import { CheckField, NumberField, SelectField, TextField } from '../../ui/inputs.js';
import { Section } from '../../ui/page.js';
import { Notice } from '../../ui/states.js';
import { presetOf, runName, type Job } from '../runs/run-words.js';

type CreateExperiment = Body<'/v1/upgrade-experiments', 'post'>;
type PresetName = NonNullable<CreateExperiment['from']>;
type Preset = Answer<'/v1/fine_tuning/presets'>['presets'][number];

interface ExperimentFormProps {
  readonly presets: readonly Preset[];
  readonly files: readonly Item<'/v1/files'>[];
  readonly runs: readonly Job[];
  /** What the address says. */
  readonly asked: { readonly file: string | null; readonly to: string | null; readonly fromJob: string | null };
}

/** The form of an experiment. */
export function ExperimentForm({ presets, files, runs, asked }: ExperimentFormProps): ReactNode {
  const reused = runs.find(({ id }) => id === asked.fromJob);
  const usable = files.filter(({ status }) => status !== 'error');
  const known = files.find(({ id }) => id === (reused?.training_file ?? asked.file));
  const [file, setFile] = useState(known?.id ?? usable[0]?.id ?? '');
  const [from, setFrom] = useState(reused === undefined ? 'small' : (presetOf(reused) as PresetName));
  const [to, setTo] = useState<PresetName>(
    (presets.find(({ id }) => id === asked.to)?.id as PresetName | undefined) ?? 'medium',
  );
  const [fallback, setFallback] = useState<PresetName | ''>('intermediate');
  const [fromJob, setFromJob] = useState(reused?.id ?? '');
  const [policy, setPolicy] = useState<'measured' | 'literal'>('measured');
  const [epochs, setEpochs] = useState<number | null>(null);
  const [suffix, setSuffix] = useState('');
  const [onlyIfAdvised, setOnlyIfAdvised] = useState(false);
  const [release, setRelease] = useState(false);
  const [, go] = useLocation();
  const start = useAction((body: CreateExperiment) => unwrap(api.POST('/v1/upgrade-experiments', { body })), {
    done: 'The experiment has begun',
    refresh: ['experiments', 'runs'],
    quiet: true,
  });
  const { failure } = start;
  const names = presets.map(
    ({ id, parameters }) => [id as PresetName, `${id}, up to ${compact(parameters)} parameters`] as const,
  );
  const reusable = runs.filter(
    (run) => run.training_file === file && presetOf(run) === from && !['failed', 'cancelled'].includes(run.status),
  );
  const job = reusable.some(({ id }) => id === fromJob) ? fromJob : '';
  const others = names.filter(([id]) => id !== from && id !== to);
  const submit = async (): Promise<void> => {
    const experiment = await start.run({
      training_file: file,
      from,
      to,
      fallback: others.find(([id]) => id === fallback)?.[0] ?? null,
      policy,
      only_if_advised: onlyIfAdvised,
      release,
      release_policy: null,
      ...(job !== '' && { from_job: job }),
      ...(suffix.trim() !== '' && { suffix: suffix.trim() }),
      ...(epochs !== null && { hyperparameters: { n_epochs: epochs } }),
    });
    if (experiment !== undefined) go(`/experiments/${encodeURIComponent(experiment.id)}`);
  };
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <Section title="Which models, on which text">
        <div className="experiments-fields">
          <SelectField
            label="Text"
            value={file}
            onChange={setFile}
            options={files.map(({ id, filename, bytes: size }) => [id, `${filename} (${bytes(size)})`] as const)}
            problem={problemOf(failure, 'training_file')}
          />
          <SelectField
            label="Smaller model"
            value={from}
            onChange={setFrom}
            options={names}
            problem={problemOf(failure, 'from')}
          />
          <SelectField
            label="Larger model"
            value={to}
            onChange={setTo}
            options={names}
            problem={problemOf(failure, 'to')}
          />
          <SelectField
            label="If the larger one fails"
            value={others.some(([id]) => id === fallback) ? fallback : ''}
            onChange={setFallback}
            options={[
              ['', 'train nothing more'] as const,
              ...others.map(([id, text]) => [id, `train ${text}`] as const),
            ]}
            problem={problemOf(failure, 'fallback')}
          />
          <SelectField
            label="Smaller model's run"
            hint="A run of the same text that is there already saves its time."
            value={job}
            onChange={setFromJob}
            options={[
              ['', 'train it anew'],
              ...reusable.map((run) => [run.id, `${runName(run)}, ${run.status}`] as const),
            ]}
            problem={problemOf(failure, 'from_job')}
          />
          <NumberField
            label="n_epochs"
            optional
            hint="Of all of its runs."
            placeholder={job === '' ? '10' : 'as that run'}
            value={epochs}
            min={1}
            step={1}
            onChange={setEpochs}
            problem={problemOf(failure, 'hyperparameters.n_epochs')}
          />
          <TextField
            label="Suffix"
            optional
            hint="A word in the names of the model versions."
            value={suffix}
            onChange={setSuffix}
            problem={problemOf(failure, 'suffix')}
          />
        </div>
      </Section>
      <Section title="How it decides">
        <div className="experiments-fields">
          <SelectField
            label="Rules"
            hint="The verdict of the other set is in the report, too."
            value={policy}
            onChange={setPolicy}
            options={[
              ['measured', 'measured, by paired loss'],
              ['literal', 'literal, as the document says'],
            ]}
            problem={problemOf(failure, 'policy')}
          />
        </div>
        <CheckField
          label="Train the larger model only if the rules advise it"
          checked={onlyIfAdvised}
          onChange={setOnlyIfAdvised}
          hint="Otherwise it is trained in any case, and the rules are asked again afterwards."
        />
        <IfScope scope="admin">
          <CheckField
            label="Open a release if the verdict is to upgrade"
            checked={release}
            onChange={setRelease}
            hint="The larger model is then released gradually, and taken back by itself if it is worse."
          />
        </IfScope>
      </Section>
      {failure !== null && (
        <Notice tone="bad" title="The experiment was not started.">
          {failure.message}
        </Notice>
      )}
      <div className="row">
        <Button type="submit" kind="primary" busy={start.isRunning}>
          Start the experiment
        </Button>
      </div>
    </form>
  );
}
