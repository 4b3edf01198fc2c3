import { CodedError } from '#errors';

/** One document of a .jsonl corpus. */
export interface JsonlDocument {
  /** Line of the file, counted from 1. */
  readonly line: number;
  readonly name: string | null;
  readonly text: string;
}

/** Longest line that is taken, in UTF-16 code units: a line is the one thing of an upload that has to fit into memory. */
const MAX_LINE_LENGTH = 16 * 1024 * 1024;

/**
 * Takes a .jsonl file apart, piece by piece: one `{"text": string, "name"?: string}` per line; blank lines are skipped
 * and other keys are left alone.
 */
export class JsonlDocuments {
  private rest = '';
  private line = 0;

  /** @throws corpus_not_text naming the line that is not a document. */
  push(piece: string): JsonlDocument[] {
    const documents: JsonlDocument[] = [];
    let start = 0;
    for (let end = piece.indexOf('\n'); end !== -1; end = piece.indexOf('\n', start)) {
      this.parse(this.rest + piece.slice(start, end), documents);
      this.rest = '';
      start = end + 1;
    }
    this.rest += piece.slice(start);
    if (this.rest.length > MAX_LINE_LENGTH) {
      throw this.problem(
        `is longer than ${MAX_LINE_LENGTH} characters; split the document into several lines`,
        this.line + 1,
      );
    }
    return documents;
  }

  /** The document of a last line without a line break. */
  end(): JsonlDocument[] {
    const documents: JsonlDocument[] = [];
    this.parse(this.rest, documents);
    this.rest = '';
    return documents;
  }

  private parse(text: string, into: JsonlDocument[]): void {
    this.line += 1;
    if (text.trim() === '') return;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      throw this.problem('is not valid JSON', this.line, error);
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw this.problem('is not a JSON object', this.line);
    }
    const { text: body, name = null } = value as { text?: unknown; name?: unknown };
    if (typeof body !== 'string') throw this.problem('has no "text" that is a string', this.line);
    if (name !== null && typeof name !== 'string') throw this.problem('has a "name" that is not a string', this.line);
    into.push({ line: this.line, name, text: body });
  }

  private problem(what: string, line: number, cause?: unknown): CodedError {
    return new CodedError(
      'corpus_not_text',
      `Line ${line} of the .jsonl file ${what}. Every line must be an object such as {"text": "the document", "name": "optional"}.`,
      { param: 'file', cause },
    );
  }
}
