import type { ReactNode } from 'react';
import { Route, Switch } from 'wouter';
import { NewRun } from './new-run/new-run.js';
import { RunDetail } from './run-detail.js';
import { RunList } from './run-list.js';
import './runs.css';

/** `/runs`, `/runs/new` and `/runs/:id`: models that learn, have learned, or are going to. */
export function RunsPage(): ReactNode {
  return (
    <Switch>
      <Route path="/runs">
        <RunList />
      </Route>
      <Route path="/runs/new">
        <NewRun />
      </Route>
      <Route path="/runs/:id">{({ id }) => <RunDetail key={id} id={decodeURIComponent(id)} />}</Route>
    </Switch>
  );
}
