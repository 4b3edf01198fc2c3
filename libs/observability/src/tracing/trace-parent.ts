import { isSpanContextValid, ROOT_CONTEXT, trace, type Context } from '@opentelemetry/api';

const TRACE_PARENT = /^[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-|$)/;

/**
 * The span of another process that a header `traceparent` names; without one that can be read, none.
 * @see https://www.w3.org/TR/trace-context/#traceparent-header
 */
export function parentFrom(header: unknown): Context {
  const [, traceId = '', spanId = '', flags = ''] = (typeof header === 'string' && TRACE_PARENT.exec(header)) || [];
  const parent = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true };
  return isSpanContextValid(parent) ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT;
}
