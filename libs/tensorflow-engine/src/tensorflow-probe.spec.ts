import { describe, expect, it } from 'vitest';
import { type TensorFlowPackage } from './tensorflow-packages.js';
import { probeTensorFlow } from './tensorflow-probe.js';

describe('probing a package of TensorFlow.js', () => {
  it('computes with the one that is always there', async () => {
    expect(await probeTensorFlow('@tensorflow/tfjs-core')).toEqual({
      package: '@tensorflow/tfjs-core',
      installed: true,
      usable: true,
      version: '4.22.0',
      device: 'cpu',
      reason: '',
    });
  });

  it('says which is not installed', async () => {
    expect(await probeTensorFlow('@tensorflow/tfjs-none' as TensorFlowPackage)).toMatchObject({
      installed: false,
      usable: false,
      reason: 'not installed',
    });
  });

  it('says why one that is installed does not compute', async () => {
    // A package that is there and is no TensorFlow.
    const { installed, usable, reason } = await probeTensorFlow('vitest' as TensorFlowPackage);
    expect({ installed, usable }).toEqual({ installed: true, usable: false });
    expect(reason).toMatch(/vitest does not load|ended with/);
  });
});
