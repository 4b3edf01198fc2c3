/**
 * Channel of changed deployments; the payload is a `ServingNotice`, or the deployment's name alone, which means: read it.
 * Each change of what serves is told in both forms: replicas of the release 0.1.0 know the name only.
 */
export const DEPLOYMENTS_CHANNEL = 'understudy_deployments';

/** Channel of runs of which something else is wanted than before; the payload is the run's id. */
export const RUNS_CHANNEL = 'understudy_runs';

/** Channel of everything that people look at; the payload is a topic and an id, such as `run:ftjob-...`. Triggers write to it. */
export const CHANGES_CHANNEL = 'understudy_changes';
