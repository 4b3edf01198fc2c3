import { readFileSync } from 'node:fs';
import { parsePolicy, type ReleasePolicy } from '#release-policy';

/**
 * The policy that a JSON file describes; what it leaves out is that of the default policy.
 * @throws TypeError when there is no such file or it is no JSON; invalid_value, unknown_parameter
 */
export function readPolicyFile(path: string): ReleasePolicy {
  let document: unknown;
  try {
    document = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new TypeError(
      `The policy cannot be read from "${path}": ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
  return parsePolicy(document);
}
