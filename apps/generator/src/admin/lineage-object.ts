import type { Registry } from '#registry';
import { unixSeconds } from '../unix-seconds.js';
import { about, arrayOf, FIELD, fieldsSchema, nullable, objectSchema, oneOf } from './admin-docs.js';

type Lineage = Awaited<ReturnType<Registry['lineages']['read']>>;
type VersionUse = Awaited<ReturnType<Registry['lineages']['findUse']>>;

const NODE = fieldsSchema({
  kind: oneOf(['corpus', 'run', 'version', 'release', 'deployment']),
  id: FIELD.text,
  title: about(FIELD.text, 'What people call it.'),
  state: nullable(FIELD.text),
  created_at: FIELD.time,
  deleted: about(FIELD.flag, 'Whether its bytes were given up.'),
});

const ROLES = ['trained on', 'validated on', 'made', 'continued by', 'candidate of', 'incumbent of', 'serves'];

/** What a version came from and what came of it. */
export const LINEAGE = objectSchema('lineage', {
  version: FIELD.text,
  nodes: arrayOf(NODE),
  edges: about(
    arrayOf(fieldsSchema({ from: FIELD.text, to: FIELD.text, role: oneOf(ROLES) })),
    'From what was there before to what came of it.',
  ),
  truncated: about(FIELD.flag, 'Whether something was left out because there was too much of it.'),
});

/** What keeps a version from being deleted. */
export const VERSION_USE = fieldsSchema({
  deployment: nullable(about(FIELD.text, 'That it serves, or that would be rolled back to it.')),
  release: nullable(about(FIELD.text, 'That has not ended and compares it.')),
  training_run: nullable(about(FIELD.text, 'That continues from it.')),
  upgrade_experiment: nullable(about(FIELD.text, 'That compares it.')),
});

export function lineageObject(version: string, { nodes, edges, truncated }: Lineage): object {
  return {
    object: 'lineage',
    version,
    nodes: nodes.map(({ at, ...node }) => ({ ...node, created_at: unixSeconds(at) })),
    edges,
    truncated,
  };
}

export function useObject({ deployment, release, trainingRun, upgradeExperiment }: VersionUse): object {
  return { deployment, release, training_run: trainingRun, upgrade_experiment: upgradeExperiment };
}
