import { api, unwrap } from '../api/client.js';
import { useQuery, type Query } from '../data/use-query.js';
import type { Deployment, Policy, Version } from './serving-types.js';

const SLOWLY_MS = 30_000;
/** The most that the API gives at once; who has more types the id. */
const MOST = 100;

/** Every deployment, with what serves it and the release that is open. */
export function useDeployments(): Query<readonly Deployment[]> {
  return useQuery(
    ['deployments'],
    async (signal) =>
      (await unwrap(api.GET('/v1/admin/deployments', { params: { query: { limit: MOST } }, signal }))).data,
    { topics: ['deployment', 'release'], everyMs: SLOWLY_MS },
  );
}

/** Every policy in its newest version. */
export function usePolicies(): Query<readonly Policy[]> {
  return useQuery(['policies'], async (signal) => {
    return (await unwrap(api.GET('/v1/admin/policies', { params: { query: { limit: MOST } }, signal }))).data;
  });
}

/** The newest versions, for a list to choose from. */
export function useNewestVersions(enabled: boolean): Query<readonly Version[]> {
  return useQuery(
    ['versions', 'newest'],
    async (signal) =>
      (await unwrap(api.GET('/v1/admin/model-versions', { params: { query: { limit: MOST } }, signal }))).data,
    { topics: ['version', 'release', 'deployment'], enabled },
  );
}
