import type { Database, Transaction } from '#database';
import { CodedError } from '#errors';
import { DEFAULT_POLICY, parsePolicy } from '#release-policy';
import { insertAuditEntry } from '../audit/audit.repository.js';
import type { Actor } from '../inputs.js';
import { findNewestPolicies, findPolicyIfAny, insertPolicyVersion } from './policy.repository.js';
import type { PolicyVersion } from './release.js';

const NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/;

/** What `default` is until somebody replaces it. */
const BUILT_IN: PolicyVersion = {
  name: 'default',
  version: 0,
  document: DEFAULT_POLICY,
  createdBy: null,
  createdAt: null,
};

/** The newest version of a policy. @throws policy_not_found */
export async function findPolicy(client: Transaction, name: string): Promise<PolicyVersion> {
  const policy = (await findPolicyIfAny(client, name)) ?? (name === BUILT_IN.name ? BUILT_IN : null);
  if (policy !== null) return policy;
  const text = `No release policy is called ${JSON.stringify(name)}; write it with PUT /v1/admin/policies/<name>.`;
  throw new CodedError('policy_not_found', text, { param: 'policy' });
}

/** The newest version of every policy, by name, the one that is built in included. */
export async function listPolicies(client: Transaction): Promise<readonly PolicyVersion[]> {
  const stored = await findNewestPolicies(client);
  return stored.some(({ name }) => name === BUILT_IN.name) ? stored : [BUILT_IN, ...stored];
}

/**
 * Writes a new version of a policy. Releases that are open keep the version that they were opened with. What is stored is
 * complete: defaults that change later do not change it.
 *
 * @param document JSON; what it leaves out is taken from the default policy
 * @throws invalid_value, unknown_parameter
 */
export async function writePolicy(
  database: Database,
  name: string,
  document: unknown,
  by: Actor,
): Promise<PolicyVersion> {
  if (!NAME.test(name)) {
    const text = `The name of a policy must be 1 to 64 of a-z, 0-9, _ and -, and begin with a letter or digit; got ${JSON.stringify(name)}.`;
    throw new CodedError('invalid_value', text, { param: 'name' });
  }
  const policy = parsePolicy(document);
  return database.transaction(async (tx) => {
    const written = await insertPolicyVersion(tx, name, policy, by.actor);
    await insertAuditEntry(tx, by, 'policy.write', name, { version: written.version });
    return written;
  });
}
