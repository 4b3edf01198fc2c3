import { fieldOf, type ResponseListener } from './response-parser.js';

/** The last bytes of a stream are kept to find its usage, an error and its end in. */
const TAIL_BYTES = 2_048;
const EVENT_END = '\n\n';
const LAST_EVENT = 'data: [DONE]\n\n';
const COLON = 0x3a;

/** What a completion request was answered, with times of `performance.now()`. */
export interface CompletionAnswer {
  /** `ok`, or the error's code as the server named it, or why there is no complete answer. */
  readonly outcome: string;
  /** 0 when no head came. */
  readonly status: number;
  /** Header lines as they came. */
  readonly fields: string;
  /** How long the server asks to wait, from `retry-after-ms` or `retry-after`. */
  readonly retryAfterMs: number | null;
  readonly completionTokens: number;
  /** The first byte of the body; 0 when none came. */
  readonly firstByteAtMs: number;
  /** The body, or of a stream its last bytes. */
  readonly body: string;
}

/** Reads the answer to one completion request while it comes, cheaply: a stream's events are counted, not parsed. */
export class CompletionReader implements ResponseListener {
  #status = 0;
  #fields = '';
  #body = '';
  #events = 0;
  #firstByteAtMs = 0;
  #lastEventAtMs = 0;

  /**
   * @param stream whether the answer is a stream of events
   * @param keep how many bytes of a stream to keep, Infinity for all
   * @param onGap told the time between two events of a stream, in milliseconds
   */
  constructor(
    private readonly stream: boolean,
    private readonly keep: number = TAIL_BYTES,
    private readonly onGap: (gapMs: number) => void = () => undefined,
  ) {}

  onHead(status: number, fields: string): void {
    this.#status = status;
    this.#fields = fields;
  }

  onBody(bytes: Buffer): void {
    const nowMs = performance.now();
    this.#firstByteAtMs ||= nowMs;
    const isKept = !this.stream || this.#status !== 200 || this.keep === Infinity;
    this.#body = isKept
      ? this.#body + bytes.toString('latin1')
      : (this.#body + bytes.toString('latin1')).slice(-this.keep);
    if (this.stream && bytes[0] !== COLON) this.#countEvents(bytes, nowMs);
  }

  /**
   * What came, once the response is complete or failed.
   * @param failure why it is not complete
   */
  answer(failure: string | null): CompletionAnswer {
    const body = Buffer.from(this.#body, 'latin1').toString();
    return {
      outcome: failure ?? this.#outcomeOf(body),
      status: this.#status,
      fields: this.#fields,
      retryAfterMs: retryAfterMs(this.#fields),
      completionTokens: this.#status === 200 ? this.#tokensOf(body) : 0,
      firstByteAtMs: this.#firstByteAtMs,
      body,
    };
  }

  #countEvents(bytes: Buffer, nowMs: number): void {
    let events = 0;
    for (let at = bytes.indexOf(EVENT_END); at >= 0; at = bytes.indexOf(EVENT_END, at + EVENT_END.length)) events++;
    if (events === 0) return;
    if (this.#lastEventAtMs > 0) this.onGap(nowMs - this.#lastEventAtMs);
    this.#lastEventAtMs = nowMs;
    this.#events += events;
  }

  #outcomeOf(body: string): string {
    if (this.#status !== 200) return errorCodeOf(body) ?? `status ${this.#status}`;
    if (!this.stream) return 'ok';
    const late = /^data: (\{"error":.*)$/m.exec(body)?.[1];
    if (late !== undefined) return `in the stream: ${errorCodeOf(late) ?? 'an error without a code'}`;
    return body.endsWith(LAST_EVENT) ? 'ok' : 'stream without an end';
  }

  /** By the usage where it is told; otherwise a stream's events, less its last two: the end of the text and `[DONE]`. */
  #tokensOf(body: string): number {
    const told = /"completion_tokens":\s*(\d+)/.exec(body)?.[1];
    return told === undefined ? Math.max(0, this.#events - 2) : Number(told);
  }
}

function errorCodeOf(body: string): string | null {
  try {
    const { error } = JSON.parse(body) as { error?: { code?: unknown } };
    return typeof error?.code === 'string' ? error.code : null;
  } catch {
    return null;
  }
}

function retryAfterMs(fields: string): number | null {
  const milliseconds = fieldOf(fields, 'retry-after-ms');
  const seconds = fieldOf(fields, 'retry-after');
  const told = milliseconds !== null ? Number(milliseconds) : seconds !== null ? Number(seconds) * 1000 : Number.NaN;
  return Number.isFinite(told) && told >= 0 ? told : null;
}
