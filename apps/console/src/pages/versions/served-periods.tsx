import type { ReactNode } from 'react';
import { percent } from '../../format/numbers.js';
import { durationMs } from '../../format/times.js';
import { releasePath } from '../../serving/paths.js';
import type { DescribedVersion } from '../../serving/serving-types.js';
import { StateBadge } from '../../ui/badge.js';
import { DataTable, type Column } from '../../ui/data-table.js';
import { Id } from '../../ui/id.js';
import { Empty } from '../../ui/states.js';
import { Time } from '../../ui/time.js';

type Period = DescribedVersion['served'][number];

const COLUMNS: readonly Column<Period>[] = [
  { key: 'from', title: 'From', cell: ({ started_at: at }) => <Time at={at} mode="absolute" />, phone: 'title' },
  { key: 'role', title: 'As', cell: ({ role }) => <StateBadge state={role} /> },
  { key: 'deployment', title: 'Of', cell: ({ deployment }) => deployment },
  { key: 'share', title: 'Share', align: 'end', cell: ({ share }) => percent(share, 0) },
  {
    key: 'lasted',
    title: 'For',
    align: 'end',
    cell: ({ started_at: from, ended_at: to }) =>
      to === null ? <span className="tone-good">until now</span> : durationMs(1000 * (to - from)),
  },
  {
    key: 'release',
    title: 'In release',
    cell: ({ release }) =>
      release === null ? <span className="muted">none</span> : <Id value={release} href={releasePath(release)} short />,
    phone: 'hide',
  },
];

/** When a version served, what, and with which share. */
export function ServedPeriods({ served }: { readonly served: readonly Period[] }): ReactNode {
  return (
    <DataTable
      caption="When it served, the newest first"
      rows={served}
      columns={COLUMNS}
      rowKey={({ id }) => id}
      empty={<Empty title="It has never served">Release it, or promote it at once.</Empty>}
    />
  );
}
