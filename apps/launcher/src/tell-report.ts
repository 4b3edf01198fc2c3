import { setTimeout as delay } from 'node:timers/promises';
import { isCodedError } from '#errors';
import type { FirstModelOptions } from './first-model-options.js';

const LONGEST_WAIT_MS = 20_000;
const POLL_MS = 200;

interface FileReport {
  readonly status: 'uploaded' | 'processed' | 'error';
  readonly report: { readonly summary: string } | null;
}

/** Prints what the trainer found in a file; of a large one only where to ask for it, so that nobody waits. */
export async function tellReport(
  { backend: { trainer }, terminal, signal }: FirstModelOptions,
  file: string,
): Promise<void> {
  const path = `/v1/files/${file}/report`;
  const end = performance.now() + LONGEST_WAIT_MS;
  try {
    while (performance.now() < end) {
      const { status, report } = await trainer.json<FileReport>({ path, signal });
      if (report !== null) terminal.say(`The text: ${report.summary}.`);
      if (status !== 'uploaded') return;
      await delay(POLL_MS, undefined, { signal });
    }
    terminal.say(`The text is still being looked at; GET ${path} tells what is in it.`);
  } catch (error) {
    // The training goes on without this line.
    if (!isCodedError(error)) throw error;
  }
}
