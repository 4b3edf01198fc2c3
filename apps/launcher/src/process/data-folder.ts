import { access, constants, mkdir } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { CodedError } from '#errors';

/**
 * Creates the data folder where it is missing and makes sure that it can be written to.
 *
 * @throws folder_unwritable
 */
export async function prepareDataFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
    throw new CodedError(
      'folder_unwritable',
      `The data folder ${folder} cannot be written to by the user ${userInfo().username} (${reason}). Choose another with --data-dir FOLDER.`,
      { cause: error },
    );
  }
}
