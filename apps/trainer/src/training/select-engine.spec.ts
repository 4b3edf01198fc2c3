import { describe, expect, it } from 'vitest';
import { isCodedError } from '#errors';
import type { DeviceProbe } from '#tensor-graph';
import type { TensorFlowPackage, TensorFlowProbe } from '#tensorflow-engine';
import { chooseEngine, openEngine, probeMachine, selectEngine, type MachineProbes } from './select-engine.js';

const NO_GPU = 'no adapter';

function onnx(rates: Partial<Record<DeviceProbe['device'], number>>): DeviceProbe[] {
  return (['cuda', 'webgpu', 'cpu'] as const).map((device) => {
    const gflops = rates[device] ?? null;
    return { device, usable: gflops !== null, gflops, reason: gflops === null ? NO_GPU : '' };
  });
}

function tensorflow(devices: Partial<Record<TensorFlowPackage, 'cpu' | 'cuda'>>): TensorFlowProbe[] {
  return (['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node', '@tensorflow/tfjs-core'] as const).map((name) => {
    const device = devices[name] ?? null;
    const usable = device !== null;
    return {
      package: name,
      installed: usable,
      usable,
      version: usable ? '4.22.0' : null,
      device,
      reason: usable ? '' : 'not installed',
    };
  });
}

const PORTABLE = { '@tensorflow/tfjs-core': 'cpu' } as const;
const BARE: MachineProbes = { devices: onnx({ cpu: 100 }), tensorflow: tensorflow(PORTABLE) };

describe('chooseEngine', () => {
  it('takes ONNX Runtime on the processor where there is nothing faster, and says what was tried', () => {
    const choice = chooseEngine({ engine: 'auto', device: 'auto' }, BARE);
    expect(choice).toMatchObject({ engine: 'onnxruntime', device: 'cpu' });
    expect(choice.reason).toBe(
      'nothing faster; cuda, webgpu, @tensorflow/tfjs-node-gpu, @tensorflow/tfjs-node cannot be used here',
    );
  });

  it.each([
    [{ cpu: 100, webgpu: 5000 }, 'webgpu'],
    [{ cpu: 100, webgpu: 5000, cuda: 9000 }, 'cuda'],
    [{ cpu: 100, webgpu: 5000, cuda: 150 }, 'webgpu'],
    [{ cpu: 100, webgpu: 199 }, 'cpu'],
    [{ cpu: 100, webgpu: 200 }, 'webgpu'],
  ] as const)('takes the fastest device that is twice as fast as the processor: %j -> %s', (rates, device) => {
    const probes = { devices: onnx(rates), tensorflow: tensorflow(PORTABLE) };
    for (const engine of ['auto', 'onnxruntime'] as const) {
      expect(chooseEngine({ engine, device: 'auto' }, probes)).toMatchObject({ engine: 'onnxruntime', device });
    }
  });

  it('takes TensorFlow.js on a GPU before ONNX Runtime on the processor, unless ENGINE says otherwise', () => {
    const gpu = { '@tensorflow/tfjs-node-gpu': 'cuda' } as const;
    const probes = { devices: onnx({ cpu: 100 }), tensorflow: tensorflow(gpu) };
    const graphics = { engine: 'tensorflow', package: '@tensorflow/tfjs-node-gpu', device: 'cuda' };
    expect(chooseEngine({ engine: 'auto', device: 'auto' }, probes)).toMatchObject(graphics);
    expect(chooseEngine({ engine: 'auto', device: 'cuda' }, probes)).toMatchObject(graphics);
    expect(chooseEngine({ engine: 'onnxruntime', device: 'auto' }, probes)).toMatchObject({ device: 'cpu' });
  });

  it.each([
    [{ '@tensorflow/tfjs-node-gpu': 'cpu', '@tensorflow/tfjs-node': 'cpu' }, '@tensorflow/tfjs-node-gpu'],
    [{ '@tensorflow/tfjs-node': 'cpu', ...PORTABLE }, '@tensorflow/tfjs-node'],
    [PORTABLE, '@tensorflow/tfjs-core'],
  ] as const)('ENGINE=tensorflow takes the first package that works: %j', (devices, name) => {
    const probes = { devices: [], tensorflow: tensorflow(devices) };
    for (const device of ['auto', 'cpu'] as const) {
      expect(chooseEngine({ engine: 'tensorflow', device }, probes)).toMatchObject({ package: name, device: 'cpu' });
    }
  });

  it.each([
    ['onnxruntime', 'cuda', /cuda: no adapter.*cuDNN.*tfjs-node-gpu/],
    ['auto', 'cuda', /cuda: no adapter.*tfjs-node-gpu: not installed.*cuDNN/],
    ['auto', 'webgpu', /webgpu: no adapter.*Vulkan/],
    ['tensorflow', 'cuda', /tfjs-core: computes on cpu.*cuDNN/],
    ['tensorflow', 'webgpu', /no WebGPU in Node/],
  ] as const)(
    'ENGINE=%s DEVICE=%s is refused with the reason and the cure where it cannot be had',
    (engine, device, message) => {
      const refusal = (): unknown => chooseEngine({ engine, device }, BARE);
      expect(refusal).toThrow(message);
      expect(refusal).toThrow(expect.objectContaining({ code: 'device_unavailable', param: 'DEVICE' }) as Error);
    },
  );
});

describe('selectEngine', () => {
  it('tries nothing when the settings leave nothing to choose', async () => {
    expect(await probeMachine({ engine: 'onnxruntime', device: 'cpu' })).toEqual({ devices: [], tensorflow: [] });
    expect(await probeMachine({ engine: 'auto', device: 'cpu' })).toEqual({ devices: [], tensorflow: [] });
  });

  it('finds an engine on any machine, and opens it', async () => {
    const choice = await selectEngine({ engine: 'auto', device: 'auto' });
    const engine = await openEngine(choice, 1);
    expect(engine).toMatchObject({ name: choice.engine, device: choice.device });
  });

  it('opens TensorFlow.js when asked to', async () => {
    const choice = await selectEngine({ engine: 'tensorflow', device: 'cpu' });
    expect((await openEngine(choice, 1)).name).toBe('tensorflow');
  });

  it('says device_unavailable for a package that is not there', async () => {
    const choice = {
      engine: 'tensorflow',
      package: '@tensorflow/none' as TensorFlowPackage,
      device: 'cpu',
      reason: '',
    } as const;
    const error: unknown = await openEngine(choice, 1).catch((caught: unknown) => caught);
    expect(isCodedError(error, 'device_unavailable')).toBe(true);
  });
});
