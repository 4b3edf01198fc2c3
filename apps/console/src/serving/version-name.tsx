import type { ReactNode } from 'react';
import { Id } from '../ui/id.js';
import { versionPath } from './paths.js';

/** A version by its id, which leads to its page. */
export function VersionName({ id, short = false }: { readonly id: string; readonly short?: boolean }): ReactNode {
  return <Id value={id} href={versionPath(id)} short={short} />;
}
