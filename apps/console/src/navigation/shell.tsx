import { useEffect, useState, type ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import { useLiveState } from '../data/changes.js';
import { useSession } from '../session/use-session.js';
import { Button, IconButton } from '../ui/button.js';
import { Icon, type IconName } from '../ui/icon.js';
import { useTheme, type ThemeChoice } from '../ui/theme.js';
import { Finder } from './finder.js';
import { GROUPS, PAGES, type PageEntry } from './page-table.js';
import { Shortcuts } from './shortcuts.js';
import { useArrival } from './use-arrival.js';

/** The frame around every page. */
export function Shell({ children }: { readonly children: ReactNode }): ReactNode {
  const [location] = useLocation();
  const [openAt, setOpenAt] = useState<string | null>(null);
  useArrival(location);
  // It closes by going somewhere.
  const isOpen = openAt === location;
  const close = (): void => setOpenAt(null);
  return (
    <div
      className="shell"
      data-open={isOpen}
      onKeyDown={(event) => {
        if (event.key === 'Escape' && isOpen) close();
      }}
    >
      <a className="shell-skip" href="#main">
        Skip to the page
      </a>
      <header className="shell-bar">
        <IconButton
          icon="menu"
          label={isOpen ? 'Close the navigation' : 'Open the navigation'}
          aria-expanded={isOpen}
          aria-controls="navigation"
          onClick={() => setOpenAt(isOpen ? null : location)}
        />
        <Brand />
      </header>
      {isOpen && <button type="button" className="shell-veil" aria-label="Close the navigation" onClick={close} />}
      <Side />
      <main className="shell-main" id="main" tabIndex={-1}>
        {children}
      </main>
      <Shortcuts />
    </div>
  );
}

function Brand(): ReactNode {
  return (
    <Link href="/" className="shell-brand">
      <img src="/icon.svg" width="22" height="22" alt="" />
      Understudy
    </Link>
  );
}

function Side(): ReactNode {
  const { me, can, signOut } = useSession();
  const pages = PAGES.filter((page) => page.isHidden !== true && can(page.scope));
  return (
    <aside className="shell-side" id="navigation" aria-label="Console">
      <Brand />
      {can('admin') && <Finder />}
      <nav aria-label="Pages">
        {GROUPS.map(([group, title]) => (
          <NavGroup key={group} title={title} pages={pages.filter((page) => page.group === group)} />
        ))}
      </nav>
      <div className="shell-foot">
        <LiveState />
        <div className="row spread">
          <span className="clip" title={`${me.name}: ${me.scopes.join(', ')}`}>
            {me.name}
          </span>
          <span className="row" style={{ gap: 0 }}>
            <ThemeButton />
            <IconButton icon="leave" label="Sign out" small onClick={signOut} />
          </span>
        </div>
      </div>
    </aside>
  );
}

function NavGroup({ title, pages }: { readonly title: string; readonly pages: readonly PageEntry[] }): ReactNode {
  const [location] = useLocation();
  if (pages.length === 0) return null;
  return (
    <div className="nav-group">
      <div className="nav-title">{title}</div>
      {pages.map(({ path, title: text, icon }) => {
        const isHere = location === path || (path !== '/' && location.startsWith(`${path}/`));
        return (
          <Link key={path} href={path} className="nav-link" aria-current={isHere ? 'page' : undefined}>
            <Icon name={icon} />
            {text}
          </Link>
        );
      })}
    </div>
  );
}

const LIVE_TEXTS = { live: 'Live', waiting: 'Reconnecting…', off: 'Renewed by polling' };

function LiveState(): ReactNode {
  const state = useLiveState();
  return (
    <span className="live-state" data-state={state} role="status">
      {LIVE_TEXTS[state]}
    </span>
  );
}

const THEMES: Readonly<Record<ThemeChoice, { readonly icon: IconName; readonly next: ThemeChoice }>> = {
  system: { icon: 'screen', next: 'light' },
  light: { icon: 'sun', next: 'dark' },
  dark: { icon: 'moon', next: 'system' },
};

function ThemeButton(): ReactNode {
  const { choice, choose } = useTheme();
  const { icon, next } = THEMES[choice];
  return <IconButton icon={icon} label={`Theme: ${choice}; change to ${next}`} small onClick={() => choose(next)} />;
}

/** Tells what is wrong when a page cannot be drawn, instead of an empty screen. */
export function PageTrouble({ onRetry }: { readonly onRetry: () => void }): ReactNode {
  useEffect(() => {
    document.title = 'Understudy';
  }, []);
  return (
    <div className="empty">
      <h2>This page could not be shown</h2>
      <p>The console may have been replaced by a newer one. Reload it; what is under way on the server goes on.</p>
      <Button kind="primary" icon="reload" onClick={onRetry}>
        Reload
      </Button>
    </div>
  );
}
