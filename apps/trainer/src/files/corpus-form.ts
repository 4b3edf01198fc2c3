import type { Multipart, MultipartFile } from '@fastify/multipart';
import { CodedError } from '#errors';
import { corpusFormat, type CorpusFormat } from './corpus-format.js';

/** The one purpose that a file can have here. */
export const CORPUS_PURPOSE = 'fine-tune';

/** Longest file name that is taken, in characters. */
const MAX_FILENAME_LENGTH = 255;

/** Reads the parts of an upload form one after the other: exactly one `file`, exactly one `purpose`, nothing else. */
export class CorpusForm {
  filename = '';
  private format: CorpusFormat | null = null;
  private purpose: string | null = null;

  /**
   * @returns the file to be read, or null for another field.
   * @throws invalid_multipart, invalid_value, missing_parameter, unknown_parameter, unsupported_parameter
   */
  take(part: Multipart): { readonly bytes: MultipartFile['file']; readonly format: CorpusFormat } | null {
    if (part.type === 'field') {
      this.takeField(part.fieldname, part.value);
      return null;
    }
    if (part.fieldname !== 'file') throw unknownField(part.fieldname);
    if (this.format !== null) {
      throw new CodedError('invalid_multipart', 'The form has more than one file. Upload one file per request.', {
        param: 'file',
      });
    }
    this.filename = checkedFilename(part.filename);
    this.format = corpusFormat(this.filename);
    return { bytes: part.file, format: this.format };
  }

  /** Checks, after the last part, that nothing is missing. */
  end(): void {
    if (this.format === null) throw missing('file', 'Send the corpus as the form field "file".');
    if (this.purpose === null)
      throw missing('purpose', `Send the form field "purpose" with the value "${CORPUS_PURPOSE}".`);
  }

  private takeField(name: string, value: unknown): void {
    if (name === 'file') {
      throw new CodedError(
        'invalid_multipart',
        'The field "file" must be a file with a file name, not a text. With curl: -F file=@corpus.txt',
        { param: 'file' },
      );
    }
    if (name.startsWith('expires_after')) {
      throw new CodedError(
        'unsupported_parameter',
        'expires_after is not supported: files stay until they are deleted.',
        { param: 'expires_after' },
      );
    }
    if (name !== 'purpose') throw unknownField(name);
    if (this.purpose !== null)
      throw new CodedError('invalid_multipart', 'The form has more than one "purpose".', { param: 'purpose' });
    if (value !== CORPUS_PURPOSE) {
      throw new CodedError(
        'invalid_value',
        `purpose must be "${CORPUS_PURPOSE}"; got ${JSON.stringify(value).slice(0, 80)}.`,
        { param: 'purpose' },
      );
    }
    this.purpose = CORPUS_PURPOSE;
  }
}

function checkedFilename(given: string | undefined): string {
  // A path of the sender's machine says nothing here; control characters would only confuse logs and terminals.
  const name =
    (given ?? '')
      .split(/[\\/]/)
      .at(-1)
      ?.replace(/\p{Cc}/gu, '')
      .trim() ?? '';
  if (name === '' || name.length > MAX_FILENAME_LENGTH) {
    throw new CodedError(
      'invalid_value',
      `The file must have a name of 1 to ${MAX_FILENAME_LENGTH} characters; got ${name.length}.`,
      { param: 'file' },
    );
  }
  return name;
}

function missing(param: string, advice: string): CodedError {
  return new CodedError('missing_parameter', `Missing required parameter: '${param}'. ${advice}`, { param });
}

function unknownField(name: string): CodedError {
  return new CodedError(
    'unknown_parameter',
    `Unknown parameter: '${name}'. The form has the fields "file" and "purpose".`,
    { param: name },
  );
}
