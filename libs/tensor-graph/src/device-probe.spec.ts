import { describe, expect, it } from 'vitest';
import { probeDevice, type DeviceProbe } from './device-probe.js';
import type { Device } from './session.js';

describe('probing a device', () => {
  it('finds the processor usable and measures its rate', async () => {
    const probe = await probeDevice('cpu');
    expect(probe).toMatchObject({ device: 'cpu', usable: true, reason: '' });
    expect(probe.gflops).toBeGreaterThan(0);
  });

  it.each(['webgpu', 'cuda'] as const)(
    'ends with a rate or with a reason, whatever the machine has for %s',
    async (device) => {
      const expected: Partial<DeviceProbe> = (await probeDevice(device)).usable
        ? { device, usable: true, reason: '', gflops: expect.any(Number) as number }
        : { device, usable: false, gflops: null, reason: expect.stringMatching(/\w{4}/) as string };
      expect(await probeDevice(device)).toMatchObject(expected);
    },
  );

  it("gives the runtime's own words for a provider that does not exist", async () => {
    const { usable, reason } = await probeDevice('abacus' as Device);
    expect(usable).toBe(false);
    expect(reason).toContain('abacus');
  });
});
