import type { ReactNode } from 'react';
import { Route, Switch } from 'wouter';
import { idOf } from '../../serving/paths.js';
import { ReleaseDetail } from './release-detail.js';
import { ReleaseList } from './release-list.js';
import './releases.css';

/** Releases: all of them, and one with all that it is judged by. */
export function ReleasesPage(): ReactNode {
  return (
    <Switch>
      <Route path="/releases/:id">{({ id }) => <ReleaseDetail key={id} id={idOf(id)} />}</Route>
      <Route>
        <ReleaseList />
      </Route>
    </Switch>
  );
}
