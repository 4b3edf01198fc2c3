import { describe, expect, it } from 'vitest';
import type { Diagnosis } from './diagnose.js';
import { renderDiagnosis } from './render-diagnosis.js';

const BARE: Diagnosis = {
  machine: { node: '20.20.2', system: 'linux x64', processor: 'AMD EPYC', cores: 2, memoryGib: 8, gpus: [] },
  onnxRuntime: '1.30.0',
  devices: [
    { device: 'cpu', usable: true, gflops: 101.3, reason: '' },
    { device: 'webgpu', usable: false, gflops: null, reason: 'No supported adapters' },
  ],
  tensorflow: [
    {
      package: '@tensorflow/tfjs-node-gpu',
      installed: false,
      usable: false,
      version: null,
      device: null,
      reason: 'not installed',
    },
    { package: '@tensorflow/tfjs-core', installed: true, usable: true, version: '4.22.0', device: 'cpu', reason: '' },
  ],
  settings: { engine: 'auto', device: 'auto' },
  choice: { engine: 'onnxruntime', device: 'cpu', reason: 'no faster device; webgpu: No supported adapters' },
};

describe('renderDiagnosis', () => {
  it('prints what is there, what was tried, the choice with its reason, and what a GPU needs', () => {
    const lines = renderDiagnosis(BARE)
      .split('\n')
      .map((line) => line.replaceAll(/ {2,}/g, ' ').trim());
    expect(lines).toEqual(
      expect.arrayContaining([
        'NVIDIA driver nvidia-smi does not run: no driver, or no NVIDIA GPU',
        'ONNX Runtime 1.30.0, tried on',
        'cpu works, 101 GFLOP/s in matrix products, copies included',
        'webgpu no: No supported adapters',
        '@tensorflow/tfjs-node-gpu no: not installed',
        '@tensorflow/tfjs-core works, 4.22.0, on cpu',
        'Training would use (ENGINE=auto, DEVICE=auto)',
        'onnxruntime on cpu no faster device; webgpu: No supported adapters',
        'To use a GPU',
      ]),
    );
  });

  it('gives no advice where a GPU is used, and the error where nothing can be', () => {
    const choice = { engine: 'onnxruntime', device: 'webgpu', reason: 'fast' } as const;
    expect(renderDiagnosis({ ...BARE, choice })).not.toContain('To use a GPU');
    expect(renderDiagnosis({ ...BARE, choice: { error: 'DEVICE=cuda cannot be used' } })).toMatch(
      /nothing +DEVICE=cuda cannot/,
    );
  });
});
