import type { IncomingMessage } from 'node:http';

const additions = new WeakMap<IncomingMessage, object>();

/**
 * Adds fields to the one line that is logged for a request when its answer is out; the same field again replaces it.
 *
 * No field may hold a secret; what users wrote only where a setting asks for it.
 */
export function addToRequestLog(request: IncomingMessage, fields: object): void {
  additions.set(request, { ...additions.get(request), ...fields });
}

/** What was added for a request. */
export function addedToRequestLog(request: IncomingMessage): object {
  return additions.get(request) ?? {};
}
