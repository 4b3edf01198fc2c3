import type { Config } from '#config';

/** Why a request is served by the version that serves it: the deployment's own one, or one that the request names. */
export type ReleaseArm = 'incumbent' | 'pinned';

/** The arm of a request for the model `name`. */
export function releaseArm(name: string, { modelAliases, deployment }: Config): ReleaseArm {
  return (modelAliases[name] ?? name) === deployment ? 'incumbent' : 'pinned';
}
