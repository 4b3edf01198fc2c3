import type { ApiKey } from '#registry';
import { unixSeconds } from '../unix-seconds.js';
import { about, arrayOf, FIELD, nullable, objectSchema, oneOf } from './admin-docs.js';

const SCOPES = arrayOf(oneOf(['completions', 'training', 'admin']));

/** A key without its secret. */
export const API_KEY = objectSchema('api_key', {
  id: FIELD.text,
  name: FIELD.text,
  prefix: about(FIELD.text, 'The first characters of the key.'),
  scopes: SCOPES,
  created_at: FIELD.time,
  created_by: FIELD.text,
  last_used_at: nullable(FIELD.time),
  revoked_at: nullable(FIELD.time),
  requests_per_minute: nullable(FIELD.count),
  tokens_per_minute: nullable(FIELD.count),
  concurrent_requests: nullable(FIELD.count),
});

/** The answer that shows the key. */
export const NEW_API_KEY = objectSchema('api_key', {
  id: FIELD.text,
  name: FIELD.text,
  scopes: SCOPES,
  key: about(FIELD.text, 'Shown here and nowhere else.'),
});

export function keyObject(key: ApiKey): object {
  return {
    object: 'api_key',
    id: key.id,
    name: key.name,
    prefix: key.prefix,
    scopes: key.scopes,
    created_at: unixSeconds(key.createdAt),
    created_by: key.createdBy,
    last_used_at: key.lastUsedAt === null ? null : unixSeconds(key.lastUsedAt),
    revoked_at: key.revokedAt === null ? null : unixSeconds(key.revokedAt),
    requests_per_minute: key.limits.requestsPerMinute,
    tokens_per_minute: key.limits.tokensPerMinute,
    concurrent_requests: key.limits.concurrentRequests,
  };
}
