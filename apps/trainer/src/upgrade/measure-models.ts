import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Logger } from '@nestjs/common';
import { CodedError, isErrorCode } from '#errors';
import type { ComparisonProgress } from '#language-model/upgrade';
import type { Measurement, MeasurementMessage, MeasurementOrder } from './measurement-messages.js';

const CHILD_SCRIPT = fileURLToPath(new URL('./measurement-child.js', import.meta.url));

const logger = new Logger('ModelMeasurement');

/**
 * Measures models in a process of its own, in a work folder that is made for it and removed. Resolves or rejects when that
 * process has ended.
 *
 * @throws the error of the measurement; training_process_died; the signal's reason when it is aborted
 */
export async function measureModels(
  order: MeasurementOrder,
  onProgress: (progress: ComparisonProgress) => void,
  signal: AbortSignal,
): Promise<Measurement> {
  signal.throwIfAborted();
  await mkdir(order.workFolder, { recursive: true });
  try {
    return await runChild(order, onProgress, signal);
  } finally {
    await rm(order.workFolder, { recursive: true, force: true });
  }
}

async function runChild(
  order: MeasurementOrder,
  onProgress: (progress: ComparisonProgress) => void,
  signal: AbortSignal,
): Promise<Measurement> {
  const child = fork(CHILD_SCRIPT, [], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], execArgv: [] });
  // It holds nothing but its work folder: there is no reason to ask it first.
  const kill = (): void => void child.kill('SIGKILL');
  signal.addEventListener('abort', kill);
  let lastWord: Exclude<MeasurementMessage, { type: 'progress' }> | undefined;
  child.on('message', (message: MeasurementMessage) => {
    if (message.type === 'progress') onProgress(message.progress);
    else lastWord = message;
  });
  for (const stream of [child.stdout, child.stderr]) {
    if (stream)
      createInterface({ input: stream }).on('line', (line) => {
        logger.warn({ output: line, msg: 'output of the measuring process' });
      });
  }
  try {
    child.send(order);
    // 'exit' may come before the last messages have been read; 'disconnect' comes after them.
    const [[exitCode, killedBy]] = (await Promise.all([once(child, 'exit'), once(child, 'disconnect')])) as [
      [number | null, NodeJS.Signals | null],
      unknown,
    ];
    signal.throwIfAborted();
    if (lastWord?.type === 'finished') return lastWord.measurement;
    if (lastWord?.type === 'failed') throw toCodedError(lastWord.error);
    throw died(exitCode, killedBy);
  } finally {
    signal.removeEventListener('abort', kill);
  }
}

function toCodedError({ code, message, param }: { code: string; message: string; param: string | null }): CodedError {
  return new CodedError(isErrorCode(code) ? code : 'server_error', message, { param });
}

function died(exitCode: number | null, killedBy: NodeJS.Signals | null): CodedError {
  const how = killedBy === null ? `ended with exit code ${String(exitCode)}` : `was killed by ${killedBy}`;
  return new CodedError(
    'training_process_died',
    `The process that measures the models ${how}, most often because memory ran out. Give the machine more memory, or compare models on a smaller file.`,
  );
}
