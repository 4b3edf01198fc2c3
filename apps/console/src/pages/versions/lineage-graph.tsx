import { useEffect, useMemo, useRef, type ReactNode } from 'react';
import { Link } from 'wouter';
import { pathOf } from '../../serving/paths.js';
import type { Lineage } from '../../serving/serving-types.js';
import { StateBadge } from '../../ui/badge.js';
import { Icon, type IconName } from '../../ui/icon.js';
import { layOutLineage, NODE_HEIGHT, NODE_WIDTH, type PlacedNode } from './lay-out-lineage.js';

const ICONS: Readonly<Record<string, IconName>> = {
  corpus: 'corpus',
  run: 'runs',
  version: 'versions',
  release: 'release',
  deployment: 'overview',
};
const KINDS: Readonly<Record<string, string>> = {
  corpus: 'Text',
  run: 'Run',
  version: 'Version',
  release: 'Release',
  deployment: 'Serves',
};

/** What a version came from and what became of it, from left to right; each box leads to its page. */
export function LineageGraph({ lineage }: { readonly lineage: Lineage }): ReactNode {
  const drawing = useMemo(() => layOutLineage(lineage), [lineage]);
  const frame = useRef<HTMLDivElement>(null);
  const subject = drawing.nodes.find(({ node }) => node.id === lineage.version)?.x ?? 0;
  useEffect(() => {
    // What the page is about is in sight, however long the way to it is.
    const element = frame.current;
    if (element !== null) element.scrollLeft = subject + NODE_WIDTH / 2 - element.clientWidth / 2;
  }, [subject]);
  const titles = new Map(lineage.nodes.map(({ id, kind, title }) => [id, `${kind} ${title}`]));
  return (
    <>
      <div ref={frame} className="versions-lineage" tabIndex={0} role="region" aria-label="Lineage, drawn">
        <div style={{ position: 'relative', width: drawing.width, height: drawing.height }}>
          <svg width={drawing.width} height={drawing.height} aria-hidden="true">
            {drawing.edges.map(({ edge, path }) => (
              <path key={`${edge.from} ${edge.to} ${edge.role}`} d={path} data-role={edge.role} />
            ))}
          </svg>
          {drawing.nodes.map((placed) => (
            <NodeBox key={placed.node.id} placed={placed} isSubject={placed.node.id === lineage.version} />
          ))}
        </div>
      </div>
      <ul className="visually-hidden" aria-label="Lineage, in words">
        {lineage.edges.map(({ from, to, role }) => (
          <li key={`${from} ${to} ${role}`}>{`${titles.get(from) ?? from} ${role} ${titles.get(to) ?? to}`}</li>
        ))}
      </ul>
      {lineage.truncated && (
        <p className="muted small">There is more than fits here; open one of the boxes to go on from there.</p>
      )}
    </>
  );
}

function NodeBox({ placed, isSubject }: { readonly placed: PlacedNode; readonly isSubject: boolean }): ReactNode {
  const { node, x, y } = placed;
  const { kind, id, title, state, deleted } = node;
  return (
    <Link
      href={pathOf(kind, id)}
      className="versions-node"
      data-kind={kind}
      data-subject={isSubject}
      aria-current={isSubject ? 'true' : undefined}
      title={id}
      style={{ left: x, top: y, width: NODE_WIDTH, height: NODE_HEIGHT }}
    >
      <span className="versions-node-head">
        <Icon name={ICONS[kind] ?? 'versions'} size={13} />
        {KINDS[kind] ?? kind}
        {deleted ? <span className="muted">deleted</span> : state !== null && <StateBadge state={state} />}
      </span>
      <span className="versions-node-title">{title}</span>
    </Link>
  );
}
