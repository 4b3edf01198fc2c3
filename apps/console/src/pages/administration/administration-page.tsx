import type { ReactNode } from 'react';
import { Redirect, Route, Switch, useLocation } from 'wouter';
import { Page } from '../../ui/page.js';
import { Tabs } from '../../ui/tabs.js';
import { AuditTab } from './audit-tab.js';
import { KeysTab } from './keys-tab.js';
import { PoliciesTab } from './policies-tab.js';
import { ReplicasTab } from './replicas-tab.js';
import { WebhooksTab } from './webhooks-tab.js';
import './administration.css';

const TABS = [
  { id: 'keys', title: 'Keys' },
  { id: 'webhooks', title: 'Webhooks' },
  { id: 'policies', title: 'Policies' },
  { id: 'audit', title: 'Audit' },
  { id: 'replicas', title: 'Replicas' },
] as const;

type TabId = (typeof TABS)[number]['id'];

/** Who may do what, who is told, what releases go by, who did what, and what runs. */
export function AdministrationPage(): ReactNode {
  const [location, navigate] = useLocation();
  const tab = TABS.find(({ id }) => location.startsWith(`/administration/${id}`))?.id;
  if (tab === undefined) return <Redirect to="/administration/keys" replace />;
  return (
    <Page title="Administration">
      <Tabs<TabId> label="Administration" value={tab} onChange={(id) => navigate(`/administration/${id}`)} items={TABS}>
        <Switch>
          <Route path="/administration/keys" component={KeysTab} />
          <Route path="/administration/webhooks" component={WebhooksTab} />
          <Route path="/administration/policies" component={PoliciesTab} />
          <Route path="/administration/audit" component={AuditTab} />
          <Route path="/administration/replicas" component={ReplicasTab} />
        </Switch>
      </Tabs>
    </Page>
  );
}
