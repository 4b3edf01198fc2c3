import type { ReactNode } from 'react';
import { api, unwrap } from '../../api/client.js';
import { useQuery } from '../../data/use-query.js';
import { count, percent } from '../../format/numbers.js';
import type { ExplainedRelease } from '../../serving/serving-types.js';
import { useDeployments } from '../../serving/use-serving.js';
import { VersionName } from '../../serving/version-name.js';
import { StateBadge } from '../../ui/badge.js';
import { CodeBlock } from '../../ui/code-block.js';
import { Disclosure } from '../../ui/disclosure.js';
import { Id } from '../../ui/id.js';
import { Columns, Page, Section } from '../../ui/page.js';
import { Resource } from '../../ui/resource.js';
import { Stat, Stats } from '../../ui/stat.js';
import { Time } from '../../ui/time.js';
import { MetricList } from './metric-list.js';
import { ReleaseActions } from './release-actions.js';
import { ReleaseEvents } from './release-events.js';
import { ReleaseEvidence } from './release-evidence.js';
import { ReleaseSituation } from './release-situation.js';
import { StageTrack } from './stage-track.js';

const BACK = { href: '/releases', label: 'Releases' };
/** The judge looks several times a second; people do not. */
const EVERY_MS = 4_000;

/** One release: where it is, what it is judged by, and what can be done about it. */
export function ReleaseDetail({ id }: { readonly id: string }): ReactNode {
  const query = useQuery(
    ['release', id],
    (signal) => unwrap(api.GET('/v1/admin/releases/{id}', { params: { path: { id } }, signal })),
    { topics: ['release'], everyMs: EVERY_MS },
  );
  const release = query.data;
  const deployment = useDeployments().data?.find(({ name }) => name === release?.deployment);
  return (
    <Page
      title={release === undefined ? 'Release' : `${release.candidate} on ${release.deployment}`}
      lede={release !== undefined && <Lede release={release} />}
      back={BACK}
      actions={release !== undefined && <ReleaseActions release={release} deployment={deployment} />}
    >
      <Resource of={query} skeleton={8}>
        {(data) => <ReleaseSections release={data} />}
      </Resource>
    </Page>
  );
}

function Lede({ release }: { readonly release: ExplainedRelease }): ReactNode {
  const { state, incumbent, opened_at: openedAt, opened_by: openedBy, id } = release;
  return (
    <span className="row wrap">
      <StateBadge state={state} />
      <span>
        instead of <VersionName id={incumbent} />
      </span>
      <span>
        opened <Time at={openedAt} /> by {openedBy}
      </span>
      <Id value={id} />
    </span>
  );
}

function ReleaseSections({ release }: { readonly release: ExplainedRelease }): ReactNode {
  const { share, observations, requests, stage_since: since, policy, policy_in_words: words, gates } = release;
  return (
    <>
      <ReleaseSituation release={release} />
      <Section title="Stage">
        <StageTrack release={release} />
        <Stats>
          <Stat label="Share of the candidate" value={percent(share, share > 0 && share < 0.1 ? 1 : 0)} />
          <Stat
            label="Requests answered"
            value={count(requests.n)}
            hint={`${count(requests.candidates)} by the candidate`}
          />
          <Stat label="Observations" value={count(observations)} hint={lastSeen(release)} />
          <Stat label="In this stage since" value={<Time at={since} />} />
        </Stats>
      </Section>
      <Section
        title="What it is judged by"
        note="The bar is where the true difference lies, whenever one looks; the shaded side is harm. Evidence is what bets on the decision have won, of what decides."
      >
        <MetricList release={release} />
      </Section>
      <ReleaseEvidence release={release} />
      <Columns min={420}>
        <Section title="What happened">
          <ReleaseEvents id={release.id} />
        </Section>
        <Section
          title={`Policy ${policy.name}${policy.version === 0 ? '' : `, version ${policy.version}`}`}
          note="As it was when the release was opened."
        >
          <ul className="releases-words">
            {words.map((sentence) => (
              <li key={sentence}>{sentence}</li>
            ))}
          </ul>
          {gates !== null && (
            <Disclosure summary="What the gates measured">
              <CodeBlock text={JSON.stringify(gates, null, 2)} label="Copy what the gates measured" />
            </Disclosure>
          )}
          <Disclosure summary="The policy in full">
            <CodeBlock text={JSON.stringify(release.policy_document, null, 2)} label="Copy the policy" />
          </Disclosure>
        </Section>
      </Columns>
    </>
  );
}

function lastSeen({ observed_at: at }: ExplainedRelease): ReactNode {
  return at === null ? (
    'none yet'
  ) : (
    <>
      last <Time at={at} />
    </>
  );
}
