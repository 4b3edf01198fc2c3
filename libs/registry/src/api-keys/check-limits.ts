import { CodedError } from '#errors';
import type { ApiKeyLimits } from '../records.js';

/** What the database can hold. */
const LARGEST = 2 ** 31 - 1;

/** @throws invalid_value when a limit is neither null nor a whole number that can be stored */
export function checkLimits(limits: Partial<ApiKeyLimits>): void {
  for (const [name, limit] of Object.entries(limits)) {
    if (limit === null || (Number.isInteger(limit) && limit >= 0 && limit <= LARGEST)) continue;
    throw new CodedError(
      'invalid_value',
      `${name} must be a whole number from 0 to ${LARGEST}, or null; got ${limit}.`,
      {
        param: name,
      },
    );
  }
}
