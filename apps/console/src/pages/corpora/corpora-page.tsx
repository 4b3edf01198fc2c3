import type { ReactNode } from 'react';
import { Route, Switch } from 'wouter';
import { CorpusDetail } from './corpus-detail.js';
import { CorpusList } from './corpus-list.js';
import './corpora.css';

/** `/corpora` and `/corpora/:id`: the texts that models learn from. */
export function CorporaPage(): ReactNode {
  return (
    <Switch>
      <Route path="/corpora">
        <CorpusList />
      </Route>
      <Route path="/corpora/:id">{({ id }) => <CorpusDetail key={id} id={decodeURIComponent(id)} />}</Route>
    </Switch>
  );
}
