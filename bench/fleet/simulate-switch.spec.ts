import { describe, expect, it } from 'vitest';
import { simulateSwitch, type SwitchCosts } from './simulate-switch.js';

const COSTS: SwitchCosts = {
  firstNotificationMs: 2,
  perListenerMs: 0.05,
  readMs: 1,
  databaseCores: 4,
  networkMs: 1,
  switchMs: 0.5,
};

describe('simulateSwitch', () => {
  it('takes a single replica the sum of its parts, on average', () => {
    const times = Array.from({ length: 4_000 }, (_, seed) => simulateSwitch(1, COSTS, 'read', seed + 1).lastMs);
    const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
    // 2 + three ways of 0.5 + 1 + 0.5; the standard error is 0.02.
    expect(mean).toBeGreaterThan(4.8);
    expect(mean).toBeLessThan(5.2);
  });

  it('is bound by the work of the database where replicas are many', () => {
    // All are told within 5 ms, so the last of 4,000 readings on 4 cores ends after about 1,000 ms.
    const { lastMs, medianMs } = simulateSwitch(4_000, { ...COSTS, perListenerMs: 0.001 }, 'read');
    expect(lastMs).toBeGreaterThan(900);
    expect(lastMs).toBeLessThan(1_100);
    expect(medianMs / lastMs).toBeCloseTo(0.5, 1);
  });

  it('is bound by the notifications where readings are cheap', () => {
    const { lastMs } = simulateSwitch(4_000, { ...COSTS, readMs: 0.01 }, 'read');
    expect(lastMs).toBeGreaterThan(200);
    expect(lastMs).toBeLessThan(215);
  });

  it('asks nothing of the database where the notification says what serves', () => {
    const { lastMs } = simulateSwitch(4_000, { ...COSTS, readMs: 1_000 }, 'told');
    // 2 + 4,000 times 0.05 + 0.5, and what the switch takes.
    expect(lastMs).toBeGreaterThan(202);
    expect(lastMs).toBeLessThan(206);
  });
});
