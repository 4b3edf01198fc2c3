import { useState, type ReactNode } from 'react';
import { Link, Route, Switch, useLocation } from 'wouter';
import { api, unwrap } from '../../api/client.js';
import { useQuery } from '../../data/use-query.js';
import { count } from '../../format/numbers.js';
import { durationMs } from '../../format/times.js';
import { StateBadge } from '../../ui/badge.js';
import { Button } from '../../ui/button.js';
import { Facts } from '../../ui/facts.js';
import { Id } from '../../ui/id.js';
import { TextField } from '../../ui/inputs.js';
import { Page, Section } from '../../ui/page.js';
import { Resource } from '../../ui/resource.js';
import { Notice } from '../../ui/states.js';
import { Time } from '../../ui/time.js';

/** Which version wrote a completion, by its id or by that of its request. */
export function CompletionPage(): ReactNode {
  return (
    <Page
      title="Who wrote it"
      lede="The version that wrote a completion, by the id in its answer or by the x-request-id of its request."
    >
      <Search />
      <Switch>
        <Route path="/completions/:id">{({ id }) => <Found id={decodeURIComponent(id)} />}</Route>
      </Switch>
    </Page>
  );
}

function Search(): ReactNode {
  const [text, setText] = useState('');
  const [, navigate] = useLocation();
  return (
    <Section>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (text.trim() !== '') navigate(`/completions/${encodeURIComponent(text.trim())}`);
        }}
      >
        <TextField label="Id" mono value={text} onChange={setText} placeholder="cmpl-… or req_…" />
        <div>
          <Button type="submit" kind="primary" icon="search">
            Look up
          </Button>
        </div>
      </form>
    </Section>
  );
}

const ARMS = {
  incumbent: 'what the deployment serves',
  candidate: 'what a release tried out',
  former: 'what served before a promotion that was watched',
  pinned: 'the version that the request named',
};

function Found({ id }: { readonly id: string }): ReactNode {
  const completion = useQuery(['completion', id], (signal) =>
    unwrap(api.GET('/v1/admin/completions/{id}', { params: { path: { id } }, signal })),
  );
  return (
    <Section title="Found">
      <Resource of={completion}>
        {(found) => (
          <>
            {found.others > 0 && (
              <Notice tone="info">
                {count(found.others)} older ones have the same request id; this is the newest.
              </Notice>
            )}
            <Facts
              items={[
                [
                  'Version',
                  <Id key="v" value={found.version} href={`/versions/${encodeURIComponent(found.version)}`} />,
                ],
                ['It was', `${found.arm}: ${ARMS[found.arm]}`],
                [
                  'Release',
                  found.release === null ? (
                    'none'
                  ) : (
                    <Link key="r" href={`/releases/${found.release}`}>
                      {found.release}
                    </Link>
                  ),
                ],
                ['When', <Time key="t" at={found.at} mode="both" />],
                ['Outcome', found.outcome === null ? '–' : <StateBadge key="o" state={found.outcome} />],
                ['Model that was named', found.model ?? '–'],
                ['Tokens', `${count(found.prompt_tokens)} read, ${count(found.completion_tokens)} written`],
                ['Took', durationMs(found.total_ms)],
                ['Completion', <Id key="c" value={found.id} short />],
                ['Request', found.request === null ? '–' : <Id key="q" value={found.request} short />],
                ['API key', found.key ?? '–'],
                ['Replica', found.replica ?? '–'],
              ]}
            />
          </>
        )}
      </Resource>
    </Section>
  );
}
