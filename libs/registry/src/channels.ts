/** Channel of changed deployments; the payload is the deployment's name. */
export const DEPLOYMENTS_CHANNEL = 'understudy_deployments';

/** Channel of runs of which something else is wanted than before; the payload is the run's id. */
export const RUNS_CHANNEL = 'understudy_runs';
