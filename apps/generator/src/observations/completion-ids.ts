import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Registry } from '#registry';
import type { Draw } from '../releases/draw-arm.js';
import type { ArmLease } from '../releases/release-arms.js';

/** What the id of a completion says about it. */
export interface CompletionOrigin extends Draw {
  readonly releaseId: string;
  readonly stageIndex: number;
  readonly client: string | null;
  /** In milliseconds since 1970. */
  readonly issuedAtMs: number;
}

const PREFIX = 'cmpl-';
const PLAIN_ID = /^cmpl-[\w-]{20}$/;
const KEY_NAME = 'completion-ids';
const MAC_BYTES = 12;
/** Flags, stage, share, time, client and 9 random bytes; then the id of the release, which is ASCII, and the signature. */
const HEAD_BYTES = 1 + 1 + 8 + 6 + 8 + 9;
const IS_CANDIDATE = 1;
const HAS_CLIENT = 2;

/**
 * Ids of completions. That of a request whose arm was drawn says which, signed with a key that all replicas share, so that any of them
 * can take feedback on it and none has to remember it.
 */
@Injectable()
export class CompletionIds implements OnApplicationBootstrap {
  #key: Uint8Array = randomBytes(32);

  constructor(private readonly registry: Registry) {}

  async onApplicationBootstrap(): Promise<void> {
    this.#key = await this.registry.signingKey(KEY_NAME);
  }

  /** A new id. */
  make({ live, draw, client }: Pick<ArmLease, 'live' | 'draw' | 'client'>): string {
    if (live === null || draw === null) return PREFIX + randomBytes(15).toString('base64url');
    const { id, stageIndex } = live;
    const head = Buffer.alloc(HEAD_BYTES);
    head.writeUInt8((draw.arm === 'candidate' ? IS_CANDIDATE : 0) + (client === null ? 0 : HAS_CLIENT), 0);
    head.writeUInt8(stageIndex, 1);
    head.writeDoubleBE(draw.share, 2);
    head.writeUIntBE(Date.now(), 10, 6);
    head.write(client ?? '', 16, 'hex');
    randomBytes(9).copy(head, 24);
    const body = Buffer.concat([head, Buffer.from(id, 'latin1')]);
    return PREFIX + Buffer.concat([body, this.#sign(body)]).toString('base64url');
  }

  /** Where a completion comes from; null where its arm was not drawn, undefined where there was never such a completion. */
  read(id: string): CompletionOrigin | null | undefined {
    if (PLAIN_ID.test(id)) return null;
    const bytes = Buffer.from(id.slice(PREFIX.length), 'base64url');
    if (!id.startsWith(PREFIX) || bytes.length <= HEAD_BYTES + MAC_BYTES) return undefined;
    const body = bytes.subarray(0, -MAC_BYTES);
    if (!timingSafeEqual(this.#sign(body), bytes.subarray(-MAC_BYTES))) return undefined;
    const flags = body.readUInt8(0);
    return {
      arm: (flags & IS_CANDIDATE) === 0 ? 'incumbent' : 'candidate',
      stageIndex: body.readUInt8(1),
      share: body.readDoubleBE(2),
      issuedAtMs: body.readUIntBE(10, 6),
      client: (flags & HAS_CLIENT) === 0 ? null : body.toString('hex', 16, 24),
      releaseId: body.toString('latin1', HEAD_BYTES),
    };
  }

  #sign(body: Uint8Array): Buffer {
    return createHmac('sha256', this.#key).update(body).digest().subarray(0, MAC_BYTES);
  }
}
