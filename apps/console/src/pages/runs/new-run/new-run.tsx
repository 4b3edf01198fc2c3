import type { ReactNode } from 'react';
import { useSearchParams } from 'wouter';
import { api, unwrap } from '../../../api/client.js';
import { useQuery } from '../../../data/use-query.js';
import { Page } from '../../../ui/page.js';
import { Resource } from '../../../ui/resource.js';
import { NoText } from '../../corpora/no-text.js';
import { initialRequest } from './run-request.js';
import { RunForm } from './run-form.js';

/** `/runs/new`: what to train, with what it will be and what to think of beside it. `?like=`, `?file=` and `?model=` fill it in. */
export function NewRun(): ReactNode {
  const [parameters] = useSearchParams();
  const like = parameters.get('like');
  const choices = useQuery(['training-choices', like], async (signal) => {
    const [presets, files, run] = await Promise.all([
      unwrap(api.GET('/v1/fine_tuning/presets', { signal })),
      unwrap(api.GET('/v1/files', { params: { query: { purpose: 'fine-tune' } }, signal })),
      like === null ? null : unwrap(api.GET('/v1/fine_tuning/jobs/{id}', { params: { path: { id: like } }, signal })),
    ]);
    return { presets, files: files.data, run };
  });
  return (
    <Page
      title="New run"
      lede="Trains a model and registers it as a version. It serves nobody until it is released."
      back={{ href: '/runs', label: 'Runs' }}
    >
      <Resource
        of={choices}
        isEmpty={({ files }) => files.length === 0}
        empty={
          <NoText>
            A run learns from a text of yours: files of plain text or Markdown, JSON lines, or an archive of those.
          </NoText>
        }
      >
        {({ presets, files, run }) => (
          <RunForm
            presets={presets}
            files={files}
            initial={initialRequest(run, { file: parameters.get('file'), model: parameters.get('model') }, files)}
          />
        )}
      </Resource>
    </Page>
  );
}
