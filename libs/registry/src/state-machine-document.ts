import {
  MODEL_VERSION_TRANSITIONS,
  RELEASE_TRANSITIONS,
  TRAINING_RUN_TRANSITIONS,
  UPGRADE_EXPERIMENT_TRANSITIONS,
} from './transitions.js';

/** The drawings of ARCHITECTURE.md, made from the transition tables. */
export function renderStateMachines(): string {
  return [
    draw('Training run', TRAINING_RUN_TRANSITIONS),
    draw('Model version', MODEL_VERSION_TRANSITIONS),
    draw('Release', RELEASE_TRANSITIONS),
    draw('Upgrade experiment', UPGRADE_EXPERIMENT_TRANSITIONS),
  ].join('\n');
}

function draw(name: string, table: Readonly<Record<string, readonly string[]>>): string {
  const [first] = Object.keys(table);
  const arrows = Object.entries(table).flatMap(([from, next]) =>
    next.length === 0 ? [`  ${from} --> [*]`] : next.map((to) => `  ${from} --> ${to}`),
  );
  return [`### ${name}`, '', '```mermaid', 'stateDiagram-v2', `  [*] --> ${first ?? ''}`, ...arrows, '```', ''].join(
    '\n',
  );
}
