import type { Database } from '#database';
import { claimRequest, type ClaimOutcome, type RepeatableRequest } from './claim-request.js';
import { giveRequestUp, storeAnswer } from './idempotency-key.repository.js';
import type { RequestClaim } from './request-claim.js';

/** Requests that their clients may send again and that are carried out once. */
export class RepeatableRequests {
  readonly #database: Database;

  /** @param database opened, migrated and closed by the caller */
  constructor(database: Database) {
    this.#database = database;
  }

  claim(request: RepeatableRequest): Promise<ClaimOutcome> {
    return claimRequest(this.#database, request);
  }

  /** Keeps the answer for a day. */
  answer(claim: RequestClaim, answer: Uint8Array<ArrayBuffer>): Promise<void> {
    return this.#database.query((client) => storeAnswer(client, claim, answer));
  }

  /** For a request that was refused or has failed: where nothing was changed, it may be sent again with the same key. */
  giveUp(claim: RequestClaim): Promise<void> {
    return this.#database.transaction((tx) => giveRequestUp(tx, claim));
  }
}
