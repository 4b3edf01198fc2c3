import { useState, type ReactNode } from 'react';
import type { Answer } from '../../api/client.js';
import { count } from '../../format/numbers.js';
import { Section } from '../../ui/page.js';
import { Empty } from '../../ui/states.js';

/** What was found in a text. */
export type Report = NonNullable<Answer<'/v1/files/{id}/report'>['report']>;

const AT_FIRST = 12;

/** Kinds of findings in words. */
const KINDS: Readonly<Record<string, string>> = {
  boilerplate_removed: 'boilerplate removed',
  duplicate_dropped: 'duplicates dropped',
  near_duplicates: 'near duplicates',
  near_duplicates_divided: 'near duplicates divided',
  near_duplicate_dropped: 'near duplicates dropped',
  encoding_converted: 'encodings converted',
  unlike_language: 'unlike language',
  not_text: 'no text',
  unreadable: 'unreadable',
  no_words: 'no words',
  held_out_shares_document: 'shared with held-out text',
  held_out_share_differs: 'held-out share differs',
  dictionary_full: 'dictionary full',
  low_coverage: 'low coverage',
};

/** What was noticed in a text, by kinds. */
export function Findings({ report }: { readonly report: Report }): ReactNode {
  const { findings, finding_counts: counts } = report;
  const [kind, setKind] = useState<string | null>(null);
  const [shown, setShown] = useState(AT_FIRST);
  const wanted = kind === null ? findings : findings.filter(({ code }) => code === kind);
  const total = kind === null ? Object.values(counts).reduce((sum, each) => sum + each, 0) : (counts[kind] ?? 0);
  const last = Math.min(shown, wanted.length);
  return (
    <Section title="Findings" note="What was cleaned, dropped or looked strange, by document.">
      {findings.length === 0 ? (
        <Empty title="Nothing was found">No duplicates, no boilerplate, no strange encodings.</Empty>
      ) : (
        <>
          <div className="row wrap">
            {Object.entries(counts).map(([code, number]) => (
              <button
                key={code}
                type="button"
                className="button"
                data-kind={kind === code ? 'primary' : 'plain'}
                data-small="true"
                aria-pressed={kind === code}
                onClick={() => setKind(kind === code ? null : code)}
              >
                {KINDS[code] ?? code} {count(number)}
              </button>
            ))}
          </div>
          <ul className="corpora-findings">
            {wanted.slice(0, shown).map(({ document, code, message }, index) => (
              <li key={index}>
                <strong>{document ?? 'The whole text'}</strong>{' '}
                <span className="muted small">{KINDS[code] ?? code}</span>
                <div>{message}</div>
              </li>
            ))}
          </ul>
          {wanted.length > shown && (
            <div>
              <button
                type="button"
                className="button"
                data-kind="plain"
                data-small="true"
                onClick={() => setShown(shown + 100)}
              >
                Show more
              </button>
            </div>
          )}
          {total > last && wanted.length <= shown && (
            <p className="muted small">
              {count(last)} of {count(total)} are listed.
            </p>
          )}
        </>
      )}
    </Section>
  );
}
