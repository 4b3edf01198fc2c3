import type { Deployment } from '#registry';
import { unixSeconds } from '../unix-seconds.js';
import { about, FIELD, fieldsSchema, nullable, objectSchema } from './admin-docs.js';

/** A deployment with the release that is open. */
export const DEPLOYMENT = objectSchema('deployment', {
  name: FIELD.text,
  incumbent: nullable(about(FIELD.text, 'The version that serves.')),
  previous: nullable(about(FIELD.text, 'The version that a rollback goes back to.')),
  release: nullable(about(FIELD.text, 'The release that is open.')),
  pin: nullable(
    about(
      fieldsSchema({ at: FIELD.time, by: FIELD.text, reason: nullable(FIELD.text) }),
      'While it is there, nothing but a person changes what serves.',
    ),
  ),
  revision: about(FIELD.count, 'Counts its changes.'),
  updated_at: FIELD.time,
});

/** @param release id of its open release */
export function deploymentObject(deployment: Deployment, release: string | null): object {
  const { pinnedAt, pinnedBy, pinReason } = deployment;
  return {
    object: 'deployment',
    name: deployment.name,
    incumbent: deployment.incumbentVersionId,
    previous: deployment.previousVersionId,
    release,
    pin: pinnedAt === null ? null : { at: unixSeconds(pinnedAt), by: pinnedBy, reason: pinReason },
    revision: deployment.revision,
    updated_at: unixSeconds(deployment.updatedAt),
  };
}
