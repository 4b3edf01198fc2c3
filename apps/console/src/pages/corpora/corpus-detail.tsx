import type { ReactNode } from 'react';
import { useLocation } from 'wouter';
import { api, download, unwrap, type Answer } from '../../api/client.js';
import { useAction } from '../../data/use-action.js';
import { useQuery } from '../../data/use-query.js';
import { bytes } from '../../format/numbers.js';
import { StateBadge } from '../../ui/badge.js';
import { ButtonLink } from '../../ui/button.js';
import { useConfirm } from '../../ui/confirm.js';
import { Id } from '../../ui/id.js';
import { Menu } from '../../ui/menu.js';
import { Page, Section } from '../../ui/page.js';
import { Resource } from '../../ui/resource.js';
import { Notice, Skeleton } from '../../ui/states.js';
import { Time } from '../../ui/time.js';
import { CorpusReport } from './corpus-report.js';

type CorpusFile = Answer<'/v1/files/{id}'>;

const SOON_MS = 1_500;

/** One text: what was found in it, and for which model it is enough. */
export function CorpusDetail({ id }: { readonly id: string }): ReactNode {
  const path = { params: { path: { id } } };
  const corpus = useQuery(
    ['corpora', id],
    async (signal) => {
      const [file, report] = await Promise.all([
        unwrap(api.GET('/v1/files/{id}', { ...path, signal })),
        unwrap(api.GET('/v1/files/{id}/report', { ...path, signal })),
      ]);
      return { file, report };
    },
    { topics: ['corpus'], everyMs: SOON_MS },
  );
  const file = corpus.data?.file;
  return (
    <Page
      title={file?.filename ?? 'Text'}
      back={{ href: '/corpora', label: 'Corpora' }}
      lede={
        file !== undefined && (
          <span className="row wrap">
            <Id value={id} />
            <span className="muted num">{bytes(file.bytes)}</span>
            <span className="muted">
              uploaded <Time at={file.created_at} />
            </span>
          </span>
        )
      }
      actions={file !== undefined && <Actions file={file} />}
    >
      <Resource of={corpus} skeleton={8}>
        {({ report: { status, error, report } }) => (
          <>
            {error !== null && (
              <Notice tone="bad" title="Nothing can be trained on this text.">
                {error.message} <code>{error.code}</code>
              </Notice>
            )}
            {status === 'uploaded' && (
              <Section title="Being looked at">
                <p className="muted">
                  Documents are counted, cleaned, and searched for what they share. That takes seconds for a book and
                  minutes for a library.
                </p>
                <Skeleton lines={4} />
              </Section>
            )}
            {report !== null && <CorpusReport report={report} />}
          </>
        )}
      </Resource>
    </Page>
  );
}

function Actions({ file }: { readonly file: CorpusFile }): ReactNode {
  const { id, filename, status } = file;
  const [, go] = useLocation();
  const confirm = useConfirm();
  const save = useAction(() => download(`/v1/files/${encodeURIComponent(id)}/content`, filename));
  const remove = useAction(() => unwrap(api.DELETE('/v1/files/{id}', { params: { path: { id } } })), {
    done: `${filename} is deleted`,
    refresh: ['corpora'],
  });
  const ask = async (): Promise<void> => {
    const answer = await confirm({
      title: `Delete ${filename}?`,
      text: 'The text and its report are gone. Models that have learned from it stay, and so do their runs; it cannot be deleted while a run needs it.',
      action: 'Delete the text',
      tone: 'danger',
    });
    if (answer !== null && (await remove.run()) !== undefined) go('/corpora');
  };
  return (
    <>
      <StateBadge state={status} />
      {status !== 'error' && (
        <>
          <ButtonLink href={`/experiments/new?file=${encodeURIComponent(id)}`}>Experiment</ButtonLink>
          <ButtonLink kind="primary" href={`/runs/new?file=${encodeURIComponent(id)}`}>
            Train a model
          </ButtonLink>
        </>
      )}
      <Menu
        label="More"
        items={[
          { label: 'Download', onSelect: () => void save.run() },
          { label: 'Delete', tone: 'danger', onSelect: () => void ask() },
        ]}
      />
    </>
  );
}
