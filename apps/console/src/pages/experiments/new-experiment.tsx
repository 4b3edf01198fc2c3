import type { ReactNode } from 'react';
import { useSearchParams } from 'wouter';
import { api, unwrap } from '../../api/client.js';
import { useQuery } from '../../data/use-query.js';
import { Page } from '../../ui/page.js';
import { Resource } from '../../ui/resource.js';
import { NoText } from '../corpora/no-text.js';
import { ExperimentForm } from './experiment-form.js';

const RUNS = 100;

/** `/experiments/new`: which models, on which text, by which rules. `?file=`, `?to=` and `?from_job=` fill it in. */
export function NewExperiment(): ReactNode {
  const [parameters] = useSearchParams();
  const choices = useQuery(['experiment-choices'], async (signal) => {
    const [presets, files, runs] = await Promise.all([
      unwrap(api.GET('/v1/fine_tuning/presets', { signal })),
      unwrap(api.GET('/v1/files', { params: { query: { purpose: 'fine-tune' } }, signal })),
      unwrap(api.GET('/v1/fine_tuning/jobs', { params: { query: { limit: RUNS } }, signal })),
    ]);
    return { presets: presets.presets, files: files.data, runs: runs.data };
  });
  return (
    <Page
      title="New experiment"
      lede="Trains the smaller model, asks the rules, trains the larger one, compares both token by token, and says which to keep."
      back={{ href: '/experiments', label: 'Experiments' }}
    >
      <Resource
        of={choices}
        isEmpty={({ files }) => files.length === 0}
        empty={
          <NoText>
            Both models learn from the same text, and are compared on documents of it that neither has seen.
          </NoText>
        }
      >
        {({ presets, files, runs }) => (
          <ExperimentForm
            presets={presets}
            files={files}
            runs={runs}
            asked={{
              file: parameters.get('file'),
              to: parameters.get('to'),
              fromJob: parameters.get('from_job'),
            }}
          />
        )}
      </Resource>
    </Page>
  );
}
