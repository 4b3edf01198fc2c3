import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Registry } from '#registry';

/** The launcher's own API key. */
export interface AdminKey {
  readonly key: string;
  readonly path: string;
  readonly isNew: boolean;
}

/**
 * Reads the admin key of a data folder; makes one where there is none or where the registry no longer knows it.
 * @param maker what the key is called, and who made it in the audit
 */
export async function ensureAdminKey(folder: string, registry: Registry, maker: string): Promise<AdminKey> {
  const path = join(folder, 'admin-key');
  const kept = (await readFile(path, 'utf8').catch(() => '')).trim();
  const owner = kept === '' ? null : await registry.verifyApiKey(kept);
  if (owner?.scopes.includes('admin')) return { key: kept, path, isNew: false };
  const { key } = await registry.createApiKey({ name: maker, scopes: ['admin'], actor: maker });
  await writeFile(path, `${key}\n`, { mode: 0o600 });
  return { key, path, isNew: true };
}
