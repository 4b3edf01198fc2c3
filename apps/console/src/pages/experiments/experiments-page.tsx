import type { ReactNode } from 'react';
import { Route, Switch } from 'wouter';
import { ExperimentDetail } from './experiment-detail.js';
import { ExperimentList } from './experiment-list.js';
import { NewExperiment } from './new-experiment.js';
import './experiments.css';

/** `/experiments`, `/experiments/new` and `/experiments/:id`: is a larger model worth it? */
export function ExperimentsPage(): ReactNode {
  return (
    <Switch>
      <Route path="/experiments">
        <ExperimentList />
      </Route>
      <Route path="/experiments/new">
        <NewExperiment />
      </Route>
      <Route path="/experiments/:id">{({ id }) => <ExperimentDetail key={id} id={decodeURIComponent(id)} />}</Route>
    </Switch>
  );
}
