import { beforeEach, describe, expect, it } from 'vitest';
import { ServiceMetrics } from '#observability';
import { FollowMetrics } from './follow-metrics.js';

let service: ServiceMetrics;
let metrics: FollowMetrics;

beforeEach(() => {
  service = new ServiceMetrics();
  metrics = new FollowMetrics(service);
});

const ago = (milliseconds: number): number => Date.now() - milliseconds;

async function told(): Promise<Readonly<Record<string, number>>> {
  const lines = (await service.registry.metrics())
    .split('\n')
    .filter((line) => /^understudy_(follow|serving)/.test(line));
  return Object.fromEntries(lines.map((line) => line.split(' ')).map(([name = '', value]) => [name, Number(value)]));
}

describe('a decision that a replica has heard of', () => {
  it('is counted with the time since it was made once the replica follows it or a newer one', async () => {
    metrics.hear(5, ago(1_500));
    metrics.follow(4);
    expect(await told()).toMatchObject({ understudy_follow_seconds_count: 0, understudy_serving_revision: 4 });
    metrics.follow(6);
    metrics.follow(6);
    const after = await told();
    expect(after).toMatchObject({
      'understudy_follow_seconds_bucket{le="1"}': 0,
      understudy_follow_seconds_count: 1,
      understudy_serving_revision: 6,
    });
    expect(after['understudy_follow_seconds_sum']).toBeGreaterThanOrEqual(1.5);
  });

  it('gives way to a newer one', async () => {
    metrics.hear(5, ago(9_000));
    metrics.hear(6, ago(0));
    metrics.follow(6);
    expect(await told()).toMatchObject({
      'understudy_follow_seconds_bucket{le="1"}': 1,
      understudy_follow_seconds_count: 1,
    });
  });

  it('takes no time where the clock of the database is ahead', async () => {
    metrics.hear(5, ago(-60_000));
    metrics.follow(5);
    expect(await told()).toMatchObject({ understudy_follow_seconds_count: 1, understudy_follow_seconds_sum: 0 });
  });

  it('takes no time of a decision of which an earlier version of the code told no time', async () => {
    metrics.hear(5, undefined);
    metrics.follow(5);
    expect(await told()).toMatchObject({ understudy_follow_seconds_count: 0, understudy_serving_revision: 5 });
  });
});
