import { memo, useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { Link } from 'wouter';
import { Button } from './button.js';
import { ColumnChoice } from './column-choice.js';
import { Icon } from './icon.js';
import { sortRows, type Sorting } from './sort-rows.js';
import { useStoredSet } from './stored-set.js';
import { useGrowing } from './use-growing.js';

/** What a table shows of each row. */
export interface Column<Row> {
  readonly key: string;
  readonly title: string;
  /** For those who do not see the table; the cells say enough to the others. */
  readonly isTitleHidden?: boolean;
  readonly cell: (row: Row) => ReactNode;
  /** Makes the column one to sort by. */
  readonly sortBy?: (row: Row) => number | string | null;
  readonly align?: 'end';
  /** Only shown once a person chose it; needs `storageKey`. */
  readonly hidden?: boolean;
  /** On a narrow screen a row is a card: `title` is its first line, `hide` is left away. */
  readonly phone?: 'title' | 'hide';
  readonly width?: string;
}

interface DataTableProps<Row> {
  /** What the table is about, for those who do not see it. */
  readonly caption: string;
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  readonly rowKey: (row: Row) => string;
  /** Makes the first column a link. */
  readonly href?: (row: Row) => string;
  readonly selection?: { readonly selected: ReadonlySet<string>; readonly onChange: (selected: Set<string>) => void };
  /** How it is sorted at first; with `onSort`, how it is sorted by the caller. */
  readonly sort?: Sorting;
  readonly onSort?: (sort: Sorting) => void;
  readonly more?: { readonly hasMore: boolean; readonly isLoading: boolean; readonly onMore: () => void };
  readonly empty?: ReactNode;
  /** Lets a person choose the columns, and remembers the choice under this name. */
  readonly storageKey?: string;
}

/** A table that is sorted by its heads, and grows as it is scrolled; on a narrow screen its rows are cards. */
export function DataTable<Row>(props: DataTableProps<Row>): ReactNode {
  const { caption, rows, columns, rowKey, href, selection, sort, onSort, more, empty, storageKey } = props;
  const [ownSort, setOwnSort] = useState<Sorting | null>(null);
  const [chosen, setChosen] = useStoredSet(storageKey === undefined ? undefined : `columns.${storageKey}`);
  const shown = useMemo(
    () => columns.filter(({ key, hidden }) => (chosen === null ? hidden !== true : chosen.has(key))),
    [columns, chosen],
  );
  const sorting = onSort === undefined ? (ownSort ?? sort ?? null) : (sort ?? null);
  const sorted = useMemo(() => {
    const valueOf = onSort === undefined && columns.find(({ key }) => key === sorting?.key)?.sortBy;
    return valueOf === false || valueOf === undefined ? rows : sortRows(rows, valueOf, sorting?.descending ?? false);
  }, [rows, columns, sorting, onSort]);
  const changeSort = (key: string): void => {
    const next = { key, descending: sorting?.key === key ? !sorting.descending : false };
    if (onSort === undefined) setOwnSort(next);
    else onSort(next);
  };
  const [made, end] = useGrowing(sorted);
  const choice = useRef(selection);
  useEffect(() => {
    choice.current = selection;
  });
  // One for ever, so that rows which stay as they are need not be made again.
  const toggle = useCallback((key: string): void => {
    choice.current?.onChange(toggled(choice.current.selected, key));
  }, []);
  if (rows.length === 0 && empty !== undefined) return empty;
  return (
    <>
      {storageKey !== undefined && (
        <div className="table-tools">
          <ColumnChoice columns={columns} shown={new Set(shown.map(({ key }) => key))} onChange={setChosen} />
        </div>
      )}
      <div className="table-frame" tabIndex={0} role="group" aria-label={caption}>
        <table className="table table-cards" aria-rowcount={rows.length + 1}>
          <caption className="visually-hidden">{caption}</caption>
          <thead>
            <tr>
              {selection !== undefined && (
                <th scope="col">
                  <span className="visually-hidden">Chosen</span>
                </th>
              )}
              {shown.map((column) => (
                <HeadCell key={column.key} column={column} sorting={sorting} onSort={changeSort} />
              ))}
            </tr>
          </thead>
          <tbody>
            {made.map((row) => {
              const key = rowKey(row);
              return (
                <TableRow
                  key={key}
                  name={key}
                  row={row}
                  columns={shown}
                  href={href?.(row)}
                  isSelected={selection?.selected.has(key)}
                  onToggle={toggle}
                />
              );
            })}
          </tbody>
        </table>
        <div ref={end} />
      </div>
      {more?.hasMore === true && (
        <div className="row" style={{ justifyContent: 'center' }}>
          <Button small busy={more.isLoading} onClick={more.onMore}>
            Show more
          </Button>
        </div>
      )}
    </>
  );
}

interface TableRowProps<Row> {
  readonly name: string;
  readonly row: Row;
  readonly columns: readonly Column<Row>[];
  readonly href: string | undefined;
  /** undefined: it cannot be chosen. */
  readonly isSelected: boolean | undefined;
  readonly onToggle: (name: string) => void;
}

// Hundreds of them are asked for anew every few seconds, and few have changed.
const TableRow = memo(RowOfTable) as typeof RowOfTable;

function RowOfTable<Row>({ name, row, columns, href, isSelected, onToggle }: TableRowProps<Row>): ReactNode {
  return (
    <tr aria-selected={isSelected}>
      {isSelected !== undefined && (
        <td data-title="Chosen">
          <input type="checkbox" aria-label={`Choose ${name}`} checked={isSelected} onChange={() => onToggle(name)} />
        </td>
      )}
      {columns.map((column, index) => (
        <td
          key={column.key}
          data-title={column.isTitleHidden === true ? '' : column.title}
          data-align={column.align}
          data-phone={column.phone ?? (index === 0 ? 'title' : undefined)}
        >
          {index === 0 && href !== undefined ? (
            <Link href={href} className="table-link">
              {column.cell(row)}
            </Link>
          ) : (
            column.cell(row)
          )}
        </td>
      ))}
    </tr>
  );
}

interface HeadCellProps<Row> {
  readonly column: Column<Row>;
  readonly sorting: Sorting | null;
  readonly onSort: (key: string) => void;
}

function HeadCell<Row>({ column, sorting, onSort }: HeadCellProps<Row>): ReactNode {
  const { key, title, isTitleHidden = false, sortBy, align, width } = column;
  const direction = sorting?.key === key ? (sorting.descending ? 'descending' : 'ascending') : undefined;
  return (
    <th scope="col" data-align={align} aria-sort={direction} style={width === undefined ? undefined : { width }}>
      {sortBy === undefined ? (
        <span className={isTitleHidden ? 'visually-hidden' : undefined}>{title}</span>
      ) : (
        <button type="button" className="table-sort" onClick={() => onSort(key)}>
          {title}
          {direction !== undefined && <Icon name={direction === 'ascending' ? 'up' : 'down'} size={12} />}
        </button>
      )}
    </th>
  );
}

function toggled(selected: ReadonlySet<string>, key: string): Set<string> {
  const next = new Set(selected);
  if (!next.delete(key)) next.add(key);
  return next;
}
