import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A query of a rule or a panel, and where it stands. */
interface Expression {
  readonly where: string;
  readonly text: string;
}

/** A metric that a query reads, with the labels that it is selected by. */
export interface ReadMetric {
  readonly where: string;
  readonly name: string;
  readonly labels: readonly string[];
}

const DASHBOARDS = 'deploy/grafana/dashboards';
const RULES = 'deploy/prometheus/alerts.yml';
const SELECTOR = /\b((?:understudy|nodejs|process)_\w+)(?:\{([^}]*)\})?/g;

interface Dashboard {
  readonly title: string;
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
}

/** Every metric that the alert rules and the dashboards read. */
export function readMetrics(): readonly ReadMetric[] {
  return [...dashboardExpressions(), ...ruleExpressions()].flatMap(({ where, text }) =>
    [...text.matchAll(SELECTOR)].map(([, name = '', selection = '']) => ({
      where,
      name,
      labels: [...selection.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']) => label),
    })),
  );
}

/** Sections of the operations page that the rules send people to. */
export function readRunbooks(): readonly string[] {
  return [...readFileSync(RULES, 'utf8').matchAll(/runbook: (\S+)/g)].map(([, link = '']) => link);
}

function dashboardExpressions(): Expression[] {
  return readdirSync(DASHBOARDS).flatMap((file) => {
    const { title, panels } = JSON.parse(readFileSync(join(DASHBOARDS, file), 'utf8')) as Dashboard;
    return panels.flatMap((panel) =>
      panel.targets.map(({ expr }) => ({ where: `${title}, ${panel.title}`, text: expr })),
    );
  });
}

/** An expression lasts until the next key of its rule; comments are none. */
function ruleExpressions(): Expression[] {
  const rules = readFileSync(RULES, 'utf8')
    .split(/^ +- alert: /m)
    .slice(1);
  return rules.map((rule) => ({
    where: rule.split('\n', 1)[0] ?? '',
    text: /^ +expr:(.*?)^ +(?:for|labels):/ms.exec(rule)?.[1] ?? '',
  }));
}
