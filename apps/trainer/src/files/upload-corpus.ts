import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ArtifactStore, type StoredArtifact } from '#artifacts';
import { CodedError, isCodedError } from '#errors';
import { Registry, type Corpus } from '#registry';
import { TRAINER_OPTIONS, type TrainerOptions } from '../trainer-options.js';
import { checkCorpusText } from './check-corpus-text.js';
import { CorpusInspector } from './corpus-inspector.js';
import { CORPUS_PURPOSE, CorpusForm } from './corpus-form.js';

/** What the head and the small fields of a form may add to the size of its file, in bytes. */
const FORM_OVERHEAD_BYTES = 1024 * 1024;

/** Streams an uploaded file into the store while checking it, and registers it as a corpus. */
@Injectable()
export class UploadCorpus {
  constructor(
    private readonly registry: Registry,
    private readonly store: ArtifactStore,
    private readonly inspector: CorpusInspector,
    @Inject(TRAINER_OPTIONS) private readonly options: TrainerOptions,
  ) {}

  /** @throws invalid_multipart, missing_parameter, unknown_parameter, invalid_value, body_too_large, corpus_empty, corpus_not_text */
  async fromRequest(request: FastifyRequest): Promise<Corpus> {
    try {
      this.refuseAnnouncedSize(request);
      const { filename, sha256, sizeBytes } = await this.storeForm(request);
      const corpus = await this.registry.createCorpus({ filename, sizeBytes, sha256, purpose: CORPUS_PURPOSE });
      this.inspector.wake();
      return corpus;
    } catch (error) {
      // Most clients read the answer only after they have sent everything.
      request.raw.unpipe();
      request.raw.resume();
      throw error;
    }
  }

  /**
   * The end of the file is held back until the whole form has been read, because fields after the file may be wrong:
   * the store keeps nothing of a stream that fails.
   */
  private async storeForm(request: FastifyRequest): Promise<StoredArtifact & { filename: string }> {
    const form = new CorpusForm();
    const wholeForm = new FormVerdict();
    let stored: Promise<StoredArtifact> | undefined;
    try {
      for await (const part of multipartOf(request)) {
        const file = form.take(part);
        if (file === null) continue;
        const checked = heldBack(checkCorpusText(file.bytes, file.format), wholeForm.promise);
        stored = this.store.putStream(checked, { maxBytes: this.options.config.maxUploadBytes });
        // Where it fails while the next part is awaited, it is looked at below.
        stored.catch(() => undefined);
      }
      form.end();
      wholeForm.accept();
    } catch (error) {
      wholeForm.refuse(error);
      // A file that was refused stops the form, too: then the reason is the file's.
      const reason: unknown = await stored?.then(
        () => error,
        (fileError: unknown) => fileError,
      );
      throw readable(reason ?? error);
    }
    if (stored === undefined) throw new Error('A form without a file passed its check.');
    return { filename: form.filename, ...(await stored) };
  }

  private refuseAnnouncedSize(request: FastifyRequest): void {
    const limit = this.options.config.maxUploadBytes;
    const announced = Number(request.headers['content-length'] ?? 0);
    if (announced <= limit + FORM_OVERHEAD_BYTES) return;
    throw new CodedError(
      'body_too_large',
      `The upload of ${announced} bytes is larger than the limit of ${limit} bytes (MAX_UPLOAD_BYTES). Split the file into several, or raise the limit.`,
      { param: 'file' },
    );
  }
}

/** Whether the form around a file is good: known only after its last part. */
class FormVerdict {
  accept: () => void = () => undefined;
  refuse: (error: unknown) => void = () => undefined;
  readonly promise = new Promise<void>((resolve, reject) => {
    this.accept = resolve;
    this.refuse = reject;
  });

  constructor() {
    // Nobody waits for the verdict on a form without a file.
    this.promise.catch(() => undefined);
  }
}

async function* heldBack(bytes: AsyncIterable<Uint8Array>, until: Promise<void>): AsyncGenerator<Uint8Array> {
  yield* bytes;
  await until;
}

function multipartOf(request: FastifyRequest): ReturnType<FastifyRequest['parts']> {
  if (request.isMultipart()) return request.parts();
  throw new CodedError(
    'unsupported_media_type',
    'Send the file as multipart/form-data with the fields "file" and "purpose". With curl: -F purpose=fine-tune -F file=@corpus.txt',
  );
}

/** Errors of the form parser in our words. */
function readable(error: unknown): unknown {
  if (isCodedError(error) || !(error instanceof Error)) return error;
  return new CodedError('invalid_multipart', `The form cannot be read: ${error.message}.`, { cause: error });
}
