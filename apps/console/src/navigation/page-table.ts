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
  {
    path: '/timeline',
    title: 'Timeline',
    scope: 'admin',
    group: 'watch',
    key: 't',
    icon: 'timeline',
    load: () => import('../pages/timeline/timeline-page.js').then(({ TimelinePage }) => TimelinePage),
  },
  {
    path: '/completions',
    title: 'Who wrote it',
    scope: 'admin',
    group: 'watch',
    key: 'w',
    icon: 'search',
    load: () => import('../pages/completions/completion-page.js').then(({ CompletionPage }) => CompletionPage),
  },
  {
    path: '/corpora',
    title: 'Corpora',
    scope: 'training',
    group: 'train',
    key: 'c',
    icon: 'corpus',
    load: () => import('../pages/corpora/corpora-page.js').then(({ CorporaPage }) => CorporaPage),
  },
  {
    path: '/runs',
    title: 'Runs',
    scope: 'training',
    group: 'train',
    key: 'r',
    icon: 'runs',
    load: () => import('../pages/runs/runs-page.js').then(({ RunsPage }) => RunsPage),
  },
  {
    path: '/experiments',
    title: 'Experiments',
    scope: 'training',
    group: 'train',
    key: 'e',
    icon: 'experiment',
    load: () => import('../pages/experiments/experiments-page.js').then(({ ExperimentsPage }) => ExperimentsPage),
  },
  {
    path: '/playground',
    title: 'Playground',
    scope: 'completions',
    group: 'serve',
    key: 'p',
    icon: 'play',
    load: () => import('../pages/playground/playground-page.js').then(({ PlaygroundPage }) => PlaygroundPage),
  },
  {
    path: '/releases',
    title: 'Releases',
    scope: 'admin',
    group: 'serve',
    key: 'l',
    icon: 'release',
    load: () => import('../pages/releases/releases-page.js').then(({ ReleasesPage }) => ReleasesPage),
  },
  {
    path: '/versions',
    title: 'Versions',
    scope: 'admin',
    group: 'serve',
    key: 'v',
    icon: 'versions',
    load: () => import('../pages/versions/versions-page.js').then(({ VersionsPage }) => VersionsPage),
  },
  {
    path: '/administration',
    title: 'Administration',
    scope: 'admin',
    group: 'settings',
    key: 'a',
    icon: 'settings',
    load: () =>
      import('../pages/administration/administration-page.js').then(({ AdministrationPage }) => AdministrationPage),
  },
];

/** The words above the groups of the navigation. */
export const GROUPS: readonly (readonly [PageEntry['group'], string])[] = [
  ['watch', 'Watch'],
  ['train', 'Train'],
  ['serve', 'Serve'],
  ['settings', 'Settings'],
];
