/** A value of a document that another one has otherwise. */
export interface DocumentChange {
  /** Such as `stages[1].share`. */
  readonly path: string;
  /** As JSON; null where it is not there. */
  readonly before: string | null;
  readonly after: string | null;
}

/** What differs between two JSON documents, value by value, in the order of the second. */
export function diffDocuments(before: unknown, after: unknown): readonly DocumentChange[] {
  const old = leavesOf(before);
  const now = leavesOf(after);
  const paths = [...now.keys(), ...[...old.keys()].filter((path) => !now.has(path))];
  return paths.flatMap((path) => {
    const change = { path, before: old.get(path) ?? null, after: now.get(path) ?? null };
    return change.before === change.after ? [] : [change];
  });
}

/** Every value that holds no others, as JSON, by its path. */
function leavesOf(value: unknown, path = ''): Map<string, string> {
  const inside = Array.isArray(value)
    ? value.map((item, index) => [`${path}[${index}]`, item] as const)
    : typeof value === 'object' && value !== null
      ? Object.entries(value).map(([name, item]) => [path === '' ? name : `${path}.${name}`, item] as const)
      : [];
  if (inside.length === 0) return new Map([[path, JSON.stringify(value)]]);
  return new Map(inside.flatMap(([place, item]) => [...leavesOf(item, place)]));
}
