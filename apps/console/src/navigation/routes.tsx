import { lazy, Suspense, type ComponentType, type ReactNode } from 'react';
import { Redirect, Route, Switch, useLocation } from 'wouter';
import { useSession } from '../session/use-session.js';
import { ButtonLink } from '../ui/button.js';
import { Empty, Notice, Skeleton } from '../ui/states.js';
import { PageBoundary } from './page-boundary.js';
import { PAGES, type PageEntry } from './page-table.js';

interface RoutedPage {
  readonly entry: PageEntry;
  readonly pattern: string;
  readonly View: ComponentType;
}

const ROUTED: readonly RoutedPage[] = PAGES.map((entry) => ({
  entry,
  pattern: entry.path === '/' ? '/' : `${entry.path}/*?`,
  View: lazy(async () => ({ default: await loadPage(entry) })),
}));

const RETRY_AFTER_MS = 1_000;

/** Asks once more for the script of a page that did not arrive; after that the page says so. */
async function loadPage({ load }: PageEntry): Promise<() => ReactNode> {
  try {
    return await load();
  } catch {
    await new Promise((resolve) => setTimeout(resolve, RETRY_AFTER_MS));
    return load();
  }
}

/** The page that the address names. */
export function Routes(): ReactNode {
  const { can } = useSession();
  const [location] = useLocation();
  const first = PAGES.find(({ scope, isHidden }) => isHidden !== true && can(scope));
  return (
    <PageBoundary place={location}>
      <Suspense fallback={<Skeleton lines={6} />}>
        <Switch>
          {ROUTED.map(({ entry, pattern, View }) => (
            <Route key={entry.path} path={pattern}>
              {can(entry.scope) ? (
                <View />
              ) : entry.path === '/' && first !== undefined ? (
                <Redirect to={first.path} replace />
              ) : (
                <Notice tone="warn" title="This key may not see that.">
                  It lacks the scope {entry.scope}. Sign in with another one, or have one made.
                </Notice>
              )}
            </Route>
          ))}
          <Route>
            <Empty
              title="There is no such page"
              action={<ButtonLink href={first?.path ?? '/'}>{first?.title ?? 'Start'}</ButtonLink>}
            >
              The address names nothing that the console has.
            </Empty>
          </Route>
        </Switch>
      </Suspense>
    </PageBoundary>
  );
}
