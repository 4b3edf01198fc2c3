import { describe, expect, it } from 'vitest';
import { probeDevice } from '#tensor-graph';
import { openEngine } from './engines.js';
import { measurePyTorch } from './pytorch.js';

describe('openEngine', () => {
  it.each(['cuda', 'webgpu'] as const)(
    'opens %s where it works, and says what is missing where it does not',
    async (device) => {
      const { usable } = await probeDevice(device);
      const opened = openEngine({ engine: 'onnxruntime', device }, 1);
      if (usable) expect(await opened).toMatchObject({ name: 'onnxruntime', device });
      else await expect(opened).rejects.toThrow(device === 'cuda' ? /CUDA 12 and cuDNN/ : /Vulkan/);
    },
  );

  it('never gives another device than the one that was named', async () => {
    await expect(openEngine({ engine: 'tensorflow', device: 'webgpu' }, 1)).rejects.toThrow(
      /computes on|not installed/,
    );
    await expect(openEngine({ engine: 'onnxruntime', device: 'tpu' }, 1)).rejects.toThrow(/--device must be/);
    await expect(openEngine({ engine: 'jax', device: 'cpu' }, 1)).rejects.toThrow(/--engine must be/);
  });
});

describe('the peer', () => {
  it('gives a rate, or says what python3 lacks', async () => {
    const sizes = { vocabularySize: 50, embeddingDim: 8, lstmUnits: 8, numLayers: 2 };
    const outcome = await measurePyTorch('cuda', sizes, 2, 5).then(
      ({ peerTokensPerSecond }) => peerTokensPerSecond > 0,
      (error: unknown) => (error as Error).message,
    );
    if (outcome !== true)
      expect(outcome).toMatch(/--peer needs a python3 with torch.*(No module named|no CUDA device|ENOENT)/s);
  });
});
