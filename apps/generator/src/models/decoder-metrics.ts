import { Injectable } from '@nestjs/common';
import { Gauge, type Metric } from 'prom-client';
import { ServiceMetrics } from '#observability';
import type { LoadedVersion } from './loaded-version.js';
import { ModelHost } from './model-host.js';

const OCCUPANCY = 'understudy_batch_occupancy_rows';

/** What Prometheus learns of the decoders of the versions in memory. They count by themselves, in threads of their own. */
@Injectable()
export class DecoderMetrics {
  constructor({ registry }: ServiceMetrics, host: ModelHost) {
    const liveRows: Gauge<'version'> = new Gauge({
      name: 'understudy_live_rows',
      help: 'Sequences in the batch of a version.',
      labelNames: ['version'],
      registers: [registry],
      collect: () => {
        liveRows.reset();
        for (const { version, engine } of host.readyVersions)
          liveRows.set({ version: version.id }, engine.activity.liveRows);
      },
    });
    const ready: Gauge = new Gauge({
      name: 'understudy_ready',
      help: 'Whether this replica has a model to serve: 1 or 0.',
      registers: [registry],
      collect: () => ready.set(host.incumbent === null ? 0 : 1),
    });
    const serving: Gauge<'version'> = new Gauge({
      name: 'understudy_serving_info',
      help: 'The version that this replica serves as its incumbent, always 1.',
      labelNames: ['version'],
      registers: [registry],
      collect: () => {
        serving.reset();
        if (host.incumbent !== null) serving.set({ version: host.incumbent.version.id }, 1);
      },
    });
    registry.registerMetric(new OccupancyHistogram(host) as unknown as Metric);
  }
}

interface Value {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/** A histogram whose counts are made elsewhere; those of the library can only be counted one observation at a time. */
class OccupancyHistogram {
  readonly name = OCCUPANCY;
  readonly help = 'Sequences that a step of the decoder advanced.';
  readonly type = 'histogram';
  readonly aggregator = 'sum';
  readonly labelNames = ['version'];

  constructor(private readonly host: ModelHost) {}

  get(): Promise<object> {
    const { name, help, type, aggregator } = this;
    return Promise.resolve({ name, help, type, aggregator, values: this.host.readyVersions.flatMap(valuesOf) });
  }

  /** There is nothing to reset: the decoders go on counting. */
  reset(): void {
    return;
  }
}

function valuesOf({ version, engine }: LoadedVersion): Value[] {
  const { steps, advancedRows, stepsByRows } = engine.activity;
  const labels = { version: version.id };
  let below = 0;
  const buckets = stepsByRows.map(({ rows, steps: inBucket }) => {
    below += inBucket;
    return { metricName: `${OCCUPANCY}_bucket`, labels: { le: rows, ...labels }, value: below };
  });
  return [
    ...buckets,
    { metricName: `${OCCUPANCY}_bucket`, labels: { le: '+Inf', ...labels }, value: steps },
    { metricName: `${OCCUPANCY}_sum`, labels, value: advancedRows },
    { metricName: `${OCCUPANCY}_count`, labels, value: steps },
  ];
}
