import { randomBytes } from 'node:crypto';
import type { Transaction } from '#database';

const KEY_BYTES = 32;

/** The key of this name, which all processes share; the first to ask for it makes it. */
export async function findOrMakeSigningKey(tx: Transaction, name: string): Promise<Uint8Array> {
  await tx.signingKey.createMany({ data: [{ name, key: randomBytes(KEY_BYTES) }], skipDuplicates: true });
  return (await tx.signingKey.findUniqueOrThrow({ where: { name } })).key;
}
