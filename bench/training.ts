import { architectureOf, countParameters, resolveHyperparameters } from '#language-model';
import {
  OnnxRuntimeEngine,
  TrainingStep,
  WindowReader,
  operationsPerToken,
  type Architecture,
} from '#language-model/workbench';
import { openEngine } from './engines.js';
import { measurePyTorch, type PyTorchRates } from './pytorch.js';
import type { BenchOptions } from './options.js';
import type { Report } from './report.js';
import { measureSgemm } from './sgemm.js';
import { zipfText } from './zipf.js';

const VOCABULARY = 10_000;
const WARMUP_STEPS = 3;
const MEASURED_STEPS = 15;

/** Whole training steps: forward, backward, dropout, clipping and AdamW, beside the rate of the machine's matrix products. */
export async function benchTraining(options: BenchOptions, report: Report): Promise<void> {
  const { preset, threads } = options;
  const engine = await openEngine(options, threads);
  const hyperparameters = resolveHyperparameters(preset);
  const architecture = architectureOf(hyperparameters, VOCABULARY);
  const { sequenceLength, dropoutRate } = hyperparameters;
  report.note(
    `${preset}: ${countParameters(architecture).toLocaleString('en')} parameters, T=${sequenceLength}, AdamW, dropout ${dropoutRate}`,
  );
  for (const batchSize of options.batchSizes) {
    // TensorFlow.js' device need not be one that ONNX Runtime can use; then the processor is what can be compared with.
    const sgemmDevice = engine instanceof OnnxRuntimeEngine ? engine.device : 'cpu';
    const sgemmBefore = await measureSgemm(threads, sgemmDevice);
    const steps = WARMUP_STEPS + MEASURED_STEPS;
    const text = zipfText(steps * batchSize * sequenceLength + 1, VOCABULARY, 1);
    const reader = new WindowReader(text, batchSize, sequenceLength, 1);
    const training = await TrainingStep.create({
      architecture,
      sequenceLength,
      batchSize,
      dropoutRate,
      seed: 1,
      engine,
      text,
    });
    const times: { totalMs: number; computeMs: number; optimizerMs: number }[] = [];
    for (let index = 0; index < steps; index++) {
      const start = performance.now();
      const { ids, targets } = reader.read(0, index);
      const update = { learningRate: 1e-3, weightDecay: 0.05, clipNorm: 1 };
      const { computeMs, optimizerMs } = await training.run(ids, targets, update);
      if (index >= WARMUP_STEPS) times.push({ totalMs: performance.now() - start, computeMs, optimizerMs });
    }
    await training.dispose();
    // The better of two measurements around the run: other load on the machine can only lower it.
    const sgemmGflops = Math.max(sgemmBefore, await measureSgemm(threads, sgemmDevice));
    const { totalMs, computeMs, optimizerMs } = times.sort((a, b) => a.totalMs - b.totalMs)[times.length >> 1]!;
    const tokensPerSecond = (batchSize * sequenceLength) / (totalMs / 1000);
    const fractionOfSgemm = (tokensPerSecond * operationsPerToken(architecture)) / (sgemmGflops * 1e9);
    const peer = options.peer
      ? await tryPyTorch(options.device, architecture, batchSize, sequenceLength, report)
      : null;
    report.add({
      bench: 'training',
      preset,
      engine: engine.name,
      device: engine.device,
      batchSize,
      tokensPerSecond,
      sgemmGflops,
      fractionOfSgemm,
      computeMs,
      optimizerMs,
      ...peer,
    });
  }
}

/** PyTorch's rates on the same device, or a note that says why there are none. */
async function tryPyTorch(
  device: string,
  architecture: Architecture,
  batchSize: number,
  sequenceLength: number,
  report: Report,
): Promise<PyTorchRates | null> {
  try {
    return await measurePyTorch(device === 'cpu' ? 'cpu' : 'cuda', architecture, batchSize, sequenceLength);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    report.note(error.message);
    return null;
  }
}
