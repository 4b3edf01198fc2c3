/** The page of a release. */
export function releasePath(id: string): string {
  return `/releases/${encodeURIComponent(id)}`;
}

/** The page of a model version. */
export function versionPath(id: string): string {
  return `/versions/${encodeURIComponent(id)}`;
}

/** The page of whatever stands in a lineage. */
export function pathOf(kind: string, id: string): string {
  const pages: Readonly<Record<string, string>> = {
    corpus: `/corpora/${encodeURIComponent(id)}`,
    run: `/runs/${encodeURIComponent(id)}`,
    version: versionPath(id),
    release: releasePath(id),
  };
  return pages[kind] ?? '/releases';
}

/** The id in the address of a page, as it was before it was put there. */
export function idOf(param: string): string {
  try {
    return decodeURIComponent(param);
  } catch {
    // Somebody typed a lone percent sign: then it is not encoded.
    return param;
  }
}
