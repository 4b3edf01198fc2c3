import { failureOf, toFailure } from '../api/api-failure.js';
import type { Me } from './session.js';

/**
 * Whom a key belongs to. Asked past the client, whose requests carry the key of the session that is to begin.
 * @throws ApiFailure
 */
export async function readMe(key: string): Promise<Me> {
  let response: Response;
  try {
    response = await fetch('/v1/me', { headers: { authorization: `Bearer ${key}` } });
  } catch (thrown) {
    throw toFailure(thrown);
  }
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok) throw failureOf(response, body);
  return body as Me;
}
