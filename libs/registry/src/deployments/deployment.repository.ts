import type { Transaction } from '#database';
import { CodedError } from '#errors';
import type { Deployment } from '../records.js';

/** Makes a deployment without a version unless it is there. */
export async function insertDeploymentIfMissing(client: Transaction, name: string): Promise<void> {
  await client.deployment.createMany({ data: [{ name }], skipDuplicates: true });
}

/** A deployment if it exists. */
export function findDeploymentIfAny(client: Transaction, name: string): Promise<Deployment | null> {
  return client.deployment.findUnique({ where: { name } });
}

/** The first deployments by name. */
export function findDeployments(client: Transaction, limit: number): Promise<readonly Deployment[]> {
  return client.deployment.findMany({ orderBy: { name: 'asc' }, take: limit });
}

/** @throws deployment_not_found */
export async function findDeployment(client: Transaction, name: string): Promise<Deployment> {
  const deployment = await findDeploymentIfAny(client, name);
  if (deployment !== null) return deployment;
  throw new CodedError('deployment_not_found', `No deployment is called ${JSON.stringify(name)}.`, {
    param: 'deployment',
  });
}

/** Reads a deployment that nobody else can change until the transaction ends. @throws deployment_not_found */
export async function lockDeployment(client: Transaction, name: string): Promise<Deployment> {
  await client.$executeRaw`SELECT 1 FROM "deployments" WHERE "name" = ${name} FOR UPDATE`;
  return findDeployment(client, name);
}

/** Counts a change of what serves a deployment, which must be locked. */
export function countServing(client: Transaction, name: string): Promise<Deployment> {
  return client.deployment.update({ where: { name }, data: { servingRevision: { increment: 1 } } });
}

/** Whether a version serves another deployment than `name`. */
export async function servesElsewhere(client: Transaction, versionId: string, name: string): Promise<boolean> {
  return (await client.deployment.count({ where: { incumbentVersionId: versionId, NOT: { name } } })) > 0;
}

/**
 * Changes a deployment that still has the revision that was found.
 *
 * @throws conflict when someone else has changed it since
 */
export async function compareAndSetDeployment(
  client: Transaction,
  found: Deployment,
  change: Partial<Omit<Deployment, 'name' | 'revision' | 'servingRevision' | 'updatedAt'>>,
): Promise<Deployment> {
  const { name, revision } = found;
  const { count } = await client.deployment.updateMany({
    where: { name, revision },
    data: { ...change, revision: revision + 1, updatedAt: new Date() },
  });
  if (count === 1) return findDeployment(client, name);
  throw new CodedError(
    'conflict',
    `The deployment ${name} was changed by someone else since revision ${revision}; look at it and try again.`,
  );
}
