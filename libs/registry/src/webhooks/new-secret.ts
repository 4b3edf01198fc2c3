import { randomBytes } from 'node:crypto';

/** Standard Webhooks asks for 24 to 64 bytes. @see https://github.com/standard-webhooks/standard-webhooks */
const SECRET_BYTES = 32;

/** A random secret of a webhook: `whsec_` and base64. */
export function newSecret(): string {
  return `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;
}
