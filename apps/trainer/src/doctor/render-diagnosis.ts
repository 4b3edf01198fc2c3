import { adviceFor } from '../training/select-engine.js';
import type { Diagnosis } from './diagnose.js';

/** A diagnosis for people. */
export function renderDiagnosis({ machine, onnxRuntime, devices, tensorflow, settings, choice }: Diagnosis): string {
  const lines = [
    'Machine',
    row('Node.js', machine.node),
    row('system', `${machine.system}, ${machine.cores} cores (${machine.processor}), ${machine.memoryGib} GiB`),
    row('NVIDIA driver', machine.gpus.join('; ') || 'nvidia-smi does not run: no driver, or no NVIDIA GPU'),
    '',
    `ONNX Runtime ${onnxRuntime}, tried on`,
    ...devices.map(({ device, usable, gflops, reason }) =>
      row(
        device,
        usable ? `works, ${gflops!.toPrecision(3)} GFLOP/s in matrix products, copies included` : `no: ${reason}`,
      ),
    ),
    '',
    'TensorFlow.js, tried with',
    ...tensorflow.map((probe) =>
      row(probe.package, probe.usable ? `works, ${probe.version}, on ${probe.device}` : `no: ${probe.reason}`),
    ),
    '',
    `Training would use (ENGINE=${settings.engine}, DEVICE=${settings.device})`,
    ...('error' in choice
      ? [row('nothing', choice.error)]
      : [row(`${choice.engine} on ${choice.device}`, choice.reason)]),
  ];
  const usesGpu = !('error' in choice) && choice.device !== 'cpu';
  if (!usesGpu) lines.push('', 'To use a GPU', `  ${adviceFor('cuda')}`, `  ${adviceFor('webgpu')}`);
  return `${lines.join('\n')}\n`;
}

const LABEL_WIDTH = 26;

function row(label: string, text: string): string {
  return `  ${label.padEnd(LABEL_WIDTH)} ${text}`;
}
