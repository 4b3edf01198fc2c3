import { describe, expect, it } from 'vitest';
import { fleetLoad, type FleetSettings } from './fleet-load.js';

const DEFAULTS: FleetSettings = {
  apiKeyCacheMs: 3000,
  pollIntervalMs: 5000,
  sampleShare: 0.05,
  badShare: 0.001,
  observationsPerSecond: 1000,
  observationFlushMs: 500,
  judges: 1000,
  poolerConnections: null,
};
const FLEET = { replicas: 1000, requestsPerSecond: 1e6, apiKeys: 100 };

describe('fleetLoad', () => {
  it('is, with the defaults, what arithmetic by hand says', () => {
    expect(fleetLoad(FLEET, DEFAULTS)).toEqual({
      // Each of 1,000 replicas sees each of 100 keys, and asks anew every 3 s.
      keyLookUps: 1000 * (100 / 3),
      deploymentReads: 200,
      replicaReports: 500,
      // 1,000 requests per second and replica, 51 of them observed; and two counts of requests, twice a second.
      observations: expect.closeTo(51_000 + 4_000, 6) as number,
      observationBatches: 2000,
      connections: 2000 + 1000 + 3000,
    });
  });

  it('never looks up more keys than there are requests', () => {
    const idle = fleetLoad({ replicas: 10, requestsPerSecond: 20, apiKeys: 1000 }, DEFAULTS);
    expect(idle.keyLookUps).toBeCloseTo(20, 10);
  });

  it('is bounded in observations by the setting, whatever the traffic, also when all of it fails', () => {
    const outage = { ...DEFAULTS, badShare: 1, observationsPerSecond: 5, observationFlushMs: 5_000 };
    expect(fleetLoad(FLEET, outage).observations).toBe(5000 + 400);
  });
});
