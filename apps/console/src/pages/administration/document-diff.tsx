import { useMemo, type ReactNode } from 'react';
import { diffDocuments } from './diff-documents.js';

/** What a change of a policy changes, value by value. */
export function DocumentDiff(props: { readonly before: unknown; readonly after: unknown }): ReactNode {
  const { before, after } = props;
  const changes = useMemo(() => diffDocuments(before, after), [before, after]);
  if (changes.length === 0) return <p className="muted">Nothing is changed.</p>;
  return (
    <div className="table-frame" tabIndex={0} role="region" aria-label="What is changed">
      <table className="table administration-diff">
        <caption className="visually-hidden">What is changed</caption>
        <thead>
          <tr>
            <th scope="col">What</th>
            <th scope="col">Was</th>
            <th scope="col">Becomes</th>
          </tr>
        </thead>
        <tbody>
          {changes.map(({ path, before: old, after: now }) => (
            <tr key={path}>
              <td>
                <code>{path}</code>
              </td>
              <td>{old === null ? <span className="muted">nothing</span> : <del>{old}</del>}</td>
              <td>{now === null ? <span className="muted">nothing</span> : <ins>{now}</ins>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
