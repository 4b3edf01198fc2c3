import { optional, setting } from './setting.js';
import { decimal, httpUrl } from './setting-kinds.js';

/** Settings of traces, by the names that OpenTelemetry gives them where it has one. */
export const TRACING_SETTINGS = {
  traceEndpoint: optional<string>(
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    httpUrl(),
    'Where traces are sent, by OTLP over HTTP, such as http://localhost:4318. Without it nothing is traced.',
  ),
  traceSampleShare: setting(
    'TRACE_SAMPLE_SHARE',
    decimal(0, 1),
    0.01,
    'Share of the requests that are traced, 0 to 1, where the client does not decide it (header traceparent). Training runs always are.',
  ),
};
