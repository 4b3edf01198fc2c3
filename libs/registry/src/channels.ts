/** Channel of changed deployments; the payload is the deployment's name. */
export const DEPLOYMENTS_CHANNEL = 'understudy_deployments';

/** Channel of runs that shall be cancelled; the payload is the run's id. */
export const CANCEL_CHANNEL = 'understudy_runs';
