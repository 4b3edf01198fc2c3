import type { ReactNode } from 'react';
import { Route, Switch } from 'wouter';
import { idOf } from '../../serving/paths.js';
import { VersionDetail } from './version-detail.js';
import { VersionList } from './version-list.js';
import './versions.css';

/** Model versions: all of them, and one with what it came from and what became of it. */
export function VersionsPage(): ReactNode {
  return (
    <Switch>
      <Route path="/versions/:id">{({ id }) => <VersionDetail key={id} id={idOf(id)} />}</Route>
      <Route>
        <VersionList />
      </Route>
    </Switch>
  );
}
