import { ROOT_CONTEXT, SpanStatusCode, trace, type Attributes, type Span, type Tracer } from '@opentelemetry/api';

/** Something that took its time and is over. Times are on the clock of `performance.now()`, in milliseconds. */
export interface FinishedSpan {
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes?: Attributes;
  /** Why it failed. */
  readonly error?: unknown;
}

/** A span that others can be put under. */
export class TraceScope {
  constructor(
    private readonly tracer: Tracer,
    private readonly span: Span,
  ) {}

  /** How a process elsewhere goes on with this trace: the header of W3C Trace Context. */
  get traceParent(): string {
    const { traceId, spanId, traceFlags } = this.span.spanContext();
    return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
  }

  /** Begins a span that {@link end} ends. */
  begin(name: string, attributes: Attributes = {}, startMs = performance.now()): TraceScope {
    const context = trace.setSpan(ROOT_CONTEXT, this.span);
    return new TraceScope(
      this.tracer,
      this.tracer.startSpan(name, { startTime: toEpochMs(startMs), attributes }, context),
    );
  }

  /** Adds a span that is over, and gives it to put others under. */
  add(name: string, { startMs, endMs, attributes = {}, error }: FinishedSpan): TraceScope {
    const scope = this.begin(name, attributes, startMs);
    scope.end({ endMs, error });
    return scope;
  }

  /** Says more about it; only before it ends. */
  describe(attributes: Attributes): void {
    this.span.setAttributes(attributes);
  }

  end({ endMs = performance.now(), error }: { readonly endMs?: number; readonly error?: unknown } = {}): void {
    if (error !== undefined) {
      const message = error instanceof Error ? error.message : typeof error === 'string' ? error : 'failed';
      this.span.setStatus({ code: SpanStatusCode.ERROR, message });
    }
    this.span.end(toEpochMs(endMs));
  }
}

function toEpochMs(ms: number): number {
  return performance.timeOrigin + ms;
}
