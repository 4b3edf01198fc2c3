import type { ReactNode } from 'react';
import { DataTable, type Column } from '../../ui/data-table.js';
import { settingsOf, type SettingRow } from './settings-of.js';
import { runName, type Job } from './run-words.js';
import { useFileNames } from './use-runs.js';

/** The settings of runs side by side: those that differ first, those that are the same below. */
export function ConfigurationTable({ runs }: { readonly runs: readonly Job[] }): ReactNode {
  const rows = settingsOf(runs, useFileNames());
  const columns: Column<SettingRow>[] = [
    { key: 'name', title: 'Setting', cell: ({ name }) => <code>{name}</code>, phone: 'title' },
    ...runs.map((run, index): Column<SettingRow> => ({
      key: run.id,
      title: runName(run),
      cell: ({ values, differs }) => <Value text={values[index] ?? ''} isMarked={differs} />,
      align: 'end',
    })),
  ];
  return <DataTable caption="Settings of the chosen runs" rows={rows} columns={columns} rowKey={({ name }) => name} />;
}

function Value({ text, isMarked }: { readonly text: string; readonly isMarked: boolean }): ReactNode {
  if (text === 'default') return <span className="muted">default</span>;
  return isMarked ? <strong>{text}</strong> : text;
}
