import type { ReactNode } from 'react';
import type { Scope } from '../session/session.js';
import type { IconName } from '../ui/icon.js';

/** A page of the console. */
export interface PageEntry {
  /** Everything below it is the page's own. */
  readonly path: string;
  readonly title: string;
  /** What a key needs to be shown it. */
  readonly scope: Scope;
  readonly group: 'watch' | 'train' | 'serve' | 'settings';
  /** Typed after g, it goes there. */
  readonly key: string;
  readonly icon: IconName;
  readonly load: () => Promise<() => ReactNode>;
  /** Is not in the navigation. */
  readonly isHidden?: boolean;
}

/** Every page, in the order of the navigation. A page that is added here is routed, listed, and guarded by its scope. */
export const PAGES: readonly PageEntry[] = [
  {
    path: '/',
    title: 'Overview',
    scope: 'admin',
    group: 'watch',
    key: 'o',
    icon: 'overview',
    load: () => import('../pages/overview/overview-page.js').then(({ OverviewPage }) => OverviewPage),
  },
];

/** The words above the groups of the navigation. */
export const GROUPS: readonly (readonly [PageEntry['group'], string])[] = [
  ['watch', 'Watch'],
  ['train', 'Train'],
  ['serve', 'Serve'],
  ['settings', 'Settings'],
];
