import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { artifactMissing } from './artifact-errors.js';
import { isSha256 } from './bundle-manifest.js';
import { isNotFound, toStoreError } from './s3-errors.js';

/** Where a bucket is and how we get in. */
export interface S3Location {
  readonly s3Bucket: string;
  /** What the names of our objects begin with, without the `/` that follows; null for nothing. */
  readonly s3Prefix: string | null;
  /** Null for AWS's own in the region. */
  readonly s3Endpoint: string | null;
  readonly s3Region: string;
  readonly s3PathStyle: boolean;
  /** Null for what the SDK finds by itself. */
  readonly s3AccessKeyId: string | null;
  readonly s3SecretAccessKey: string | null;
}

/** An object of the bucket. */
export interface StoredObject {
  readonly sha256: string;
  readonly sizeBytes: number;
  /** By the clock of the store, in whole seconds. */
  readonly writtenAtMs: number;
}

const MEBIBYTE = 1024 ** 2;
/** Up to this size an object is sent in one piece; above, in pieces of at least this size, of which S3 takes 10,000. */
const PART_BYTES = 8 * MEBIBYTE;
const MAX_PARTS = 9_000;
const PARTS_AT_ONCE = 4;
const ATTEMPTS = 4;
const CONNECT_MS = 5_000;
const IDLE_MS = 30_000;
/** How often a download that breaks off is taken up again without having got any further. */
const RESUMES = 5;
const RESUME_AFTER_MS = 200;

/** The objects of a store in its bucket: `prefix/blobs/ab/abcd...`, the same names as in a folder. */
export class S3Objects {
  readonly #client: S3Client;
  readonly #location: S3Location;

  constructor(location: S3Location) {
    this.#location = location;
    const { s3Endpoint, s3Region, s3PathStyle, s3AccessKeyId, s3SecretAccessKey } = location;
    this.#client = new S3Client({
      region: s3Region,
      forcePathStyle: s3PathStyle,
      ...(s3Endpoint === null ? {} : { endpoint: s3Endpoint }),
      ...(s3AccessKeyId === null || s3SecretAccessKey === null
        ? {}
        : { credentials: { accessKeyId: s3AccessKeyId, secretAccessKey: s3SecretAccessKey } }),
      maxAttempts: ATTEMPTS,
      requestHandler: { connectionTimeout: CONNECT_MS, socketTimeout: IDLE_MS },
      // We send the hash ourselves and compare what we read with it; many other stores know no other checksums.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    });
  }

  /** For messages. */
  get place(): string {
    const { s3Bucket, s3Prefix, s3Endpoint, s3Region } = this.#location;
    const host = s3Endpoint === null ? `AWS S3 in ${s3Region}` : new URL(s3Endpoint).host;
    return `the bucket ${s3Bucket}${s3Prefix === null ? '' : `/${s3Prefix}`} at ${host}`;
  }

  /** Stores a file under its hash, which the store is told so that it can refuse what was damaged on the way. */
  async put(sha256: string, path: string, sizeBytes: number): Promise<void> {
    const target = { Bucket: this.#location.s3Bucket, Key: this.#key(sha256) };
    await this.#tell(async () => {
      if (sizeBytes <= PART_BYTES) {
        const ChecksumSHA256 = Buffer.from(sha256, 'hex').toString('base64');
        await this.#client.send(new PutObjectCommand({ ...target, Body: await readFile(path), ChecksumSHA256 }));
        return;
      }
      await new Upload({
        client: this.#client,
        params: { ...target, Body: createReadStream(path), ChecksumAlgorithm: 'SHA256' },
        partSize: Math.max(PART_BYTES, Math.ceil(sizeBytes / MAX_PARTS)),
        queueSize: PARTS_AT_ONCE,
      }).done();
    });
  }

  /**
   * Reads an object. A connection that breaks is taken up again where it broke.
   *
   * @returns chunks that nobody has compared with the hash yet
   * @throws artifact_missing
   */
  async read(sha256: string): Promise<AsyncGenerator<Buffer>> {
    return this.#resumed(sha256, await this.#get(sha256, 0));
  }

  /** Null where there is no such object. */
  async find(sha256: string): Promise<StoredObject | null> {
    const Key = this.#key(sha256);
    return this.#tell(async () => {
      try {
        const found = await this.#client.send(new HeadObjectCommand({ Bucket: this.#location.s3Bucket, Key }));
        return { sha256, sizeBytes: found.ContentLength ?? 0, writtenAtMs: found.LastModified?.getTime() ?? 0 };
      } catch (error) {
        if (isNotFound(error)) return null;
        throw error;
      }
    });
  }

  /** Every object that is named like one of ours. */
  async *list(): AsyncGenerator<StoredObject> {
    const Prefix = `${this.#root}blobs/`;
    let ContinuationToken: string | undefined;
    do {
      const request = new ListObjectsV2Command({ Bucket: this.#location.s3Bucket, Prefix, ContinuationToken });
      const page = await this.#tell(() => this.#client.send(request));
      for (const { Key = '', Size = 0, LastModified } of page.Contents ?? []) {
        const sha256 = Key.slice(-64);
        if (!isSha256(sha256) || Key !== this.#key(sha256)) continue;
        yield { sha256, sizeBytes: Size, writtenAtMs: LastModified?.getTime() ?? Date.now() };
      }
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
  }

  /** Does nothing where there is no such object. */
  async remove(sha256: string): Promise<void> {
    const request = new DeleteObjectCommand({ Bucket: this.#location.s3Bucket, Key: this.#key(sha256) });
    await this.#tell(() => this.#client.send(request));
  }

  close(): void {
    this.#client.destroy();
  }

  get #root(): string {
    const { s3Prefix } = this.#location;
    return s3Prefix === null ? '' : `${s3Prefix}/`;
  }

  #key(sha256: string): string {
    return `${this.#root}blobs/${sha256.slice(0, 2)}/${sha256}`;
  }

  async *#resumed(sha256: string, first: OpenedObject): AsyncGenerator<Buffer> {
    let { body } = first;
    let offset = 0;
    for (let failures = 0; ;) {
      let reason: unknown = new Error(`it ended after ${offset} of ${first.sizeBytes} bytes`);
      try {
        for await (const chunk of body) {
          offset += chunk.length;
          failures = 0;
          yield chunk;
        }
        if (offset >= first.sizeBytes) return;
      } catch (error) {
        reason = error;
      }
      failures += 1;
      if (failures > RESUMES) throw toStoreError(reason, this.place);
      await sleep(RESUME_AFTER_MS * failures);
      ({ body } = await this.#get(sha256, offset));
    }
  }

  async #get(sha256: string, offset: number): Promise<OpenedObject> {
    const Range = offset === 0 ? undefined : `bytes=${offset}-`;
    const request = new GetObjectCommand({ Bucket: this.#location.s3Bucket, Key: this.#key(sha256), Range });
    return this.#tell(async () => {
      try {
        const { Body, ContentLength = 0 } = await this.#client.send(request);
        if (!(Body instanceof Readable)) throw new Error('it answered without a body');
        return { body: Body as AsyncIterable<Buffer>, sizeBytes: ContentLength };
      } catch (error) {
        if (isNotFound(error)) throw artifactMissing(sha256, error);
        throw error;
      }
    });
  }

  async #tell<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw toStoreError(error, this.place);
    }
  }
}

interface OpenedObject {
  readonly body: AsyncIterable<Buffer>;
  readonly sizeBytes: number;
}
