import type { ReactNode } from 'react';
import { api, unwrap } from '../../api/client.js';
import { useQuery } from '../../data/use-query.js';
import type { Policy } from '../../serving/serving-types.js';
import { Button } from '../../ui/button.js';
import { CodeBlock } from '../../ui/code-block.js';
import { Disclosure } from '../../ui/disclosure.js';
import { Section } from '../../ui/page.js';
import { Resource } from '../../ui/resource.js';
import { Empty } from '../../ui/states.js';
import { Time } from '../../ui/time.js';
import { DocumentDiff } from './document-diff.js';

/** A policy in words, in full, and how it came to be. */
export function PolicyView({ policy, onEdit }: { readonly policy: Policy; readonly onEdit: () => void }): ReactNode {
  const { name, version, document, in_words: words, created_at: at, created_by: by } = policy;
  return (
    <div className="stack">
      <Section
        title={name}
        note={
          at === null ? (
            'Built in; it holds until another one is written under this name.'
          ) : (
            <>
              Version {version}, written <Time at={at} /> by {by}. Releases that are open keep theirs.
            </>
          )
        }
        actions={
          <Button small kind="primary" onClick={onEdit}>
            Change
          </Button>
        }
      >
        <PolicyWords words={words} />
        <Disclosure summary="In full">
          <CodeBlock text={JSON.stringify(document, null, 2)} label="Copy the policy" />
        </Disclosure>
      </Section>
      <Section title="History">
        <PolicyHistory name={name} />
      </Section>
    </div>
  );
}

/** What a policy comes to, a sentence each. */
export function PolicyWords({ words }: { readonly words: readonly string[] }): ReactNode {
  return (
    <ul className="administration-words">
      {words.map((sentence) => (
        <li key={sentence}>{sentence}</li>
      ))}
    </ul>
  );
}

function PolicyHistory({ name }: { readonly name: string }): ReactNode {
  const versions = useQuery(['policies', name, 'versions'], async (signal) => {
    const params = { path: { name }, query: { limit: 100 } };
    return (await unwrap(api.GET('/v1/admin/policies/{name}/versions', { params, signal }))).data;
  });
  return (
    <Resource of={versions} empty={<Empty title="Never changed">It is as it was built in.</Empty>}>
      {(data) => (
        <>
          {data.map((version, index) => {
            const before = data[index + 1];
            return (
              <Disclosure
                key={version.version}
                summary={
                  <>
                    Version {version.version}
                    {version.created_at !== null && (
                      <span className="muted">
                        {' '}
                        <Time at={version.created_at} /> by {version.created_by}
                      </span>
                    )}
                  </>
                }
              >
                {before === undefined ? (
                  <p className="muted">The first one under this name.</p>
                ) : (
                  <DocumentDiff before={before.document} after={version.document} />
                )}
              </Disclosure>
            );
          })}
        </>
      )}
    </Resource>
  );
}
