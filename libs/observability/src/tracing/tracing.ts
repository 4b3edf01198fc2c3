import type { OnApplicationShutdown } from '@nestjs/common';
import { SpanKind, type Attributes, type Tracer } from '@opentelemetry/api';
import type { BasicTracerProvider, Sampler } from '@opentelemetry/sdk-trace-base';
import { parentFrom } from './trace-parent.js';
import { TraceScope } from './trace-scope.js';

/** What is traced, and where it is sent. */
export interface TracingOptions {
  /** Of an OTLP receiver over HTTP, without `/v1/traces`. */
  readonly endpoint: string;
  /** Share of the requests that are traced where their client does not say. */
  readonly sampleShare: number;
  readonly service: string;
  readonly version: string;
}

/** Injection token of the {@link Tracing} of a service; null where nothing is traced. */
export const TRACING = Symbol('TRACING');

/** Sends what happened, and when, to a receiver of traces, in batches behind the requests. */
export class Tracing implements OnApplicationShutdown {
  private constructor(
    readonly tracer: Tracer,
    private readonly provider: BasicTracerProvider,
  ) {}

  /** Loads OpenTelemetry; a service that traces nothing never does. */
  static async start({ endpoint, sampleShare, service, version }: TracingOptions): Promise<Tracing> {
    const sdk = await import('@opentelemetry/sdk-trace-base');
    const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http');
    const { resourceFromAttributes } = await import('@opentelemetry/resources');
    const share = new sdk.TraceIdRatioBasedSampler(sampleShare);
    // Requests are many, so a share of them will do; there are few training runs, and each is wanted.
    const root: Sampler = {
      shouldSample: (context, traceId, _name, kind) =>
        kind === SpanKind.SERVER
          ? share.shouldSample(context, traceId)
          : { decision: sdk.SamplingDecision.RECORD_AND_SAMPLED },
      toString: () => `requests: ${share.toString()}, else all`,
    };
    const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, '')}/v1/traces` });
    const provider = new sdk.BasicTracerProvider({
      resource: resourceFromAttributes({ 'service.name': `understudy-${service}`, 'service.version': version }),
      sampler: new sdk.ParentBasedSampler({ root }),
      spanProcessors: [new sdk.BatchSpanProcessor(exporter)],
    });
    return new Tracing(provider.getTracer('understudy', version), provider);
  }

  /**
   * Begins work that no request waits for.
   * @param traceParent of what it was begun by, where that is known
   */
  begin(name: string, attributes: Attributes, traceParent: string | null): TraceScope {
    return new TraceScope(this.tracer, this.tracer.startSpan(name, { attributes }, parentFrom(traceParent)));
  }

  /** Sends what is left. */
  async onApplicationShutdown(): Promise<void> {
    await this.provider.shutdown();
  }
}
