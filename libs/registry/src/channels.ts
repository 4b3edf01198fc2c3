/** Channel of changed deployments; the payload is the deployment's name. */
export const DEPLOYMENTS_CHANNEL = 'understudy_deployments';

/** Channel of runs of which something else is wanted than before; the payload is the run's id. */
export const RUNS_CHANNEL = 'understudy_runs';

/** Channel of everything that people look at; the payload is a topic and an id, such as `run:ftjob-...`. Triggers write to it. */
export const CHANGES_CHANNEL = 'understudy_changes';
