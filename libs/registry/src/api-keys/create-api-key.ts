import { createHash, randomBytes } from 'node:crypto';
import type { Database } from '#database';
import { CodedError } from '#errors';
import { insertAuditEntry } from '../audit/audit.repository.js';
import type { NewApiKey } from '../inputs.js';
import { randomId } from '../random-id.js';
import type { ApiScope } from '../records.js';
import { insertApiKey, isKnownHash } from './api-key.repository.js';
import { checkLimits } from './check-limits.js';

/** What every key begins with, so that people and scanners recognise a leaked one. */
export const KEY_PREFIX = 'sk-understudy-';
const KEY_PATTERN = new RegExp(`^${KEY_PREFIX}[A-Za-z0-9_-]{32,128}$`);
const SHOWN_CHARACTERS = KEY_PREFIX.length + 4;
const NAME_MAXIMUM = 100;
const SCOPES: readonly ApiScope[] = ['completions', 'training', 'admin'];

/**
 * Makes a key. The key is in the answer and nowhere else: only its hash is stored. A key of 192 random bits needs no
 * slow hash; one that was chosen elsewhere has as many characters.
 *
 * @throws invalid_value when the name, the scopes, the limits or the chosen key are not valid; conflict when the chosen key exists or was revoked
 */
export async function createApiKey(
  database: Database,
  input: NewApiKey,
): Promise<{ readonly id: string; readonly key: string }> {
  const { name, limits = {} } = input;
  const scopes = [...new Set(input.scopes)];
  checkName(name);
  checkScopes(scopes);
  checkLimits(limits);
  const id = `key-${randomId()}`;
  const key = input.key ?? `${KEY_PREFIX}${randomBytes(24).toString('base64url')}`;
  checkKey(key);
  await database.transaction(async (tx) => {
    if (input.key !== undefined && (await isKnownHash(tx, hashKey(key)))) {
      throw new CodedError('conflict', 'This key exists already, or was revoked. Choose another.', { param: 'key' });
    }
    await insertApiKey(tx, {
      id,
      name,
      prefix: key.slice(0, SHOWN_CHARACTERS),
      scopes,
      createdBy: input.actor,
      hash: hashKey(key),
      limits,
    });
    await insertAuditEntry(tx, input, 'api_key.create', id, { name, scopes, limits: { ...limits } });
  });
  return { id, key };
}

/** What a key is stored under. */
export function hashKey(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

function checkKey(key: string): void {
  if (KEY_PATTERN.test(key)) return;
  throw new CodedError(
    'invalid_value',
    `A key must be ${KEY_PREFIX} and 32 to 128 random letters, digits, "-" and "_"; got ${key.length} characters.`,
    { param: 'key' },
  );
}

function checkName(name: string): void {
  if (name.trim() !== '' && name.length <= NAME_MAXIMUM) return;
  throw new CodedError('invalid_value', `name must have 1 to ${NAME_MAXIMUM} characters; got ${name.length}.`, {
    param: 'name',
  });
}

function checkScopes(scopes: readonly string[]): void {
  if (scopes.length > 0 && scopes.every((scope) => (SCOPES as readonly string[]).includes(scope))) return;
  throw new CodedError(
    'invalid_value',
    `scopes must be one or more of ${SCOPES.join(', ')}; got ${JSON.stringify(scopes)}.`,
    {
      param: 'scopes',
    },
  );
}
