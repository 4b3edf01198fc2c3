import type { Database } from '#database';
import { CodedError } from '#errors';
import {
  deleteOldRequests,
  insertRequestIfNew,
  lockRequest,
  takeRequestOver,
  type StoredRequest,
} from './idempotency-key.repository.js';
import type { RequestClaim } from './request-claim.js';

/**
 * How long a process has a request to itself; after that it is taken to be dead. Loading a version, the longest that a
 * request does, takes seconds.
 */
const HOLD_MS = 60_000;

/** A request that its client may have sent before. */
export interface RepeatableRequest {
  readonly apiKeyId: string;
  /** What the client calls it: the header Idempotency-Key. */
  readonly key: string;
  /** SHA-256 of method, path and body, in hexadecimal. */
  readonly fingerprint: string;
  readonly requestId: string;
}

/** What is to be done with a request: carry it out, or answer as before. */
export type ClaimOutcome =
  | { readonly kind: 'claimed'; readonly claim: RequestClaim }
  | { readonly kind: 'answered'; readonly answer: Uint8Array };

/**
 * Begins a request, unless it was begun before under the same key: whoever carries it out is alone with it, and an answer
 * that is there is given again. A process that died before its change was committed leaves the request to the next one.
 *
 * @throws idempotency_key_reused; request_in_progress; conflict when it was carried out and its answer is lost
 */
export async function claimRequest(database: Database, request: RepeatableRequest): Promise<ClaimOutcome> {
  for (;;) {
    const outcome = await database.transaction(async (tx): Promise<ClaimOutcome | null> => {
      await deleteOldRequests(tx);
      const { apiKeyId, key, requestId } = request;
      if (await insertRequestIfNew(tx, request, { ...request, holdMs: HOLD_MS })) {
        return { kind: 'claimed', claim: { apiKeyId, key, fence: 1 } };
      }
      const stored = await lockRequest(tx, request);
      if (stored === null) return null;
      if (stored.fingerprint !== request.fingerprint) throw reused(request);
      if (stored.answer !== null) return { kind: 'answered', answer: stored.answer };
      checkAbandoned(request, stored);
      const claim = { apiKeyId, key, fence: stored.fence + 1 };
      await takeRequestOver(tx, claim, { requestId, holdMs: HOLD_MS });
      return { kind: 'claimed', claim };
    });
    if (outcome !== null) return outcome;
  }
}

function checkAbandoned({ key }: RepeatableRequest, { isClaimed, wasCarriedOut, requestId }: StoredRequest): void {
  const name = `The request with the Idempotency-Key ${JSON.stringify(key)}`;
  if (isClaimed) {
    throw new CodedError('request_in_progress', `${name} is being carried out (${requestId}). Ask again in a second.`, {
      param: 'Idempotency-Key',
      retryAfterMs: 1000,
    });
  }
  if (wasCarriedOut) {
    throw new CodedError(
      'conflict',
      `${name} was carried out, and its answer was lost. GET /v1/admin/audit shows under request_id ${requestId} what it did.`,
      { param: 'Idempotency-Key' },
    );
  }
}

function reused({ key }: RepeatableRequest): CodedError {
  return new CodedError(
    'idempotency_key_reused',
    `The Idempotency-Key ${JSON.stringify(key)} was sent within the last 24 hours with another method, path or body. Give every request a key of its own.`,
    { param: 'Idempotency-Key' },
  );
}
