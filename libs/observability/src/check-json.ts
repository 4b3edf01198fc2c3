import { CodedError } from '#errors';

/** No body of ours nests deeper than five; what walks through a body does so by recursion. */
const MAX_DEPTH = 32;

/**
 * Checks what no later step can: the mapping of a body to its class fails on deep nesting and silently drops fields that are
 * called like a member of every object.
 * @throws invalid_json for deep nesting; unknown_parameter for such a name
 */
export function checkJson(value: unknown, depth = 0): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth === MAX_DEPTH) {
    throw new CodedError(
      'invalid_json',
      `The request body is nested deeper than ${MAX_DEPTH} levels. Send what the endpoint asks for.`,
    );
  }
  if (Array.isArray(value)) {
    for (const item of value) checkJson(item, depth + 1);
    return;
  }
  for (const [name, item] of Object.entries(value)) {
    if (name in Object.prototype)
      throw new CodedError('unknown_parameter', `Unknown parameter: '${name}'. Remove it.`, { param: name });
    checkJson(item, depth + 1);
  }
}
