import { describe, expect, it } from 'vitest';
import { parsePolicy } from '#release-policy';
import { guardAgainstLeaks } from '#testing';
import { simulationOrder } from './policy-simulation.dto.js';
import { PolicySimulator } from './policy-simulator.js';

guardAgainstLeaks();

/** Ends quickly, so that many are carried out. */
const policy = {
  stages: [
    { share: 0, minSeconds: 10, minObservations: 50, minRequests: 0 },
    { share: 0.5, minSeconds: 10, minObservations: 50, minRequests: 20 },
  ],
  metrics: { paired_loss: { block: 1, scale: 1 } },
  minObservations: 100,
  scoring: { sampleShare: 1 },
};

describe('a simulation of a policy', () => {
  it('finds a candidate that is worse and lets one that is the same pass, the same way for the same seed', async () => {
    const simulator = new PolicySimulator();
    const order = simulationOrder({ policy, releases: 30, effect: { shift_nats: 0.3 }, seed: 7 });
    const answer = await simulator.simulate(order);
    expect(answer.isComplete).toBe(true);
    expect(answer.same).toMatchObject({ releases: 30, causes: [] });
    expect(answer.same.promoted).toBeGreaterThan(0.9);
    expect(answer.changed).toMatchObject({ releases: 30, rolledBack: 1, causes: ['paired_loss'] });
    expect(answer.changed.medianSeconds).toBeLessThan(answer.same.medianSeconds!);
    expect(await simulator.simulate(order)).toEqual(answer);
  });

  it('runs alone: another one is refused meanwhile', async () => {
    const simulator = new PolicySimulator();
    const running = simulator.simulate(simulationOrder({ policy, releases: 2 }));
    await expect(simulator.simulate(simulationOrder({ policy, releases: 2 }))).rejects.toMatchObject({
      code: 'server_is_overloaded',
    });
    expect((await running).same.releases).toBe(2);
  });

  it('that takes too long is ended, and says what to do about it', async () => {
    const simulator = new PolicySimulator();
    const endless = { ...parsePolicy(policy), minObservations: 1e9 };
    const order = simulationOrder({ policy: { ...endless }, requests_per_second: 10_000 });
    await expect(simulator.simulate(order, 500)).rejects.toMatchObject({
      code: 'invalid_value',
      param: 'requests_per_second',
    });
  });

  it('is ended when the server stops', async () => {
    const simulator = new PolicySimulator();
    const order = simulationOrder({ policy: { ...policy, minObservations: 1e9 }, requests_per_second: 10_000 });
    const running = expect(simulator.simulate(order)).rejects.toMatchObject({ code: 'invalid_value' });
    await simulator.beforeApplicationShutdown();
    await running;
  });
});
