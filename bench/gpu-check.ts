import { parseArgs } from 'node:util';
import { architectureOf, resolveHyperparameters } from '#language-model';
import { isCodedError } from '#errors';
import { LIMITS, compareEngines, findDisagreements, type ComparisonSizes } from './compare-engines.js';
import { openEngine, type EngineName } from './engines.js';
import { wholeNumber } from './options.js';

const USAGE = `Usage: npm run gpu:check [-- options]

Trains a model for a few steps on the processor and on each GPU device, and compares loss, gradients and evaluation.

  --device cuda|webgpu     only this one (default: all)
  --engine onnxruntime|tensorflow   only this one (default: all)
  --preset NAME (small)  --vocabulary N (10000)  --batch-size N (32)  --sequence-length N (50)  --steps N (3)
  --json                   one JSON object per line

Exit code 0: every device that works here agrees with the processor. 1: one computes something else, or failed while
computing. 2: none works here; the reasons are printed.`;

const CANDIDATES: readonly EngineName[] = [
  { engine: 'onnxruntime', device: 'cuda' },
  { engine: 'onnxruntime', device: 'webgpu' },
  { engine: 'tensorflow', device: 'cuda' },
];

type Verdict = 'agrees' | 'disagrees' | 'missing';

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      device: { type: 'string' },
      engine: { type: 'string' },
      preset: { type: 'string', default: 'small' },
      vocabulary: { type: 'string', default: '10000' },
      'batch-size': { type: 'string', default: '32' },
      'sequence-length': { type: 'string', default: '50' },
      steps: { type: 'string', default: '3' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const candidates = CANDIDATES.filter(
    ({ engine, device }) => (values.engine ?? engine) === engine && (values.device ?? device) === device,
  );
  if (candidates.length === 0) throw new TypeError(`No such engine on such a device.\n\n${USAGE}`);
  const hyperparameters = resolveHyperparameters(values.preset);
  const sizes: ComparisonSizes = {
    architecture: architectureOf(hyperparameters, wholeNumber('vocabulary', values.vocabulary)),
    sequenceLength: wholeNumber('sequence-length', values['sequence-length']),
    batchSize: wholeNumber('batch-size', values['batch-size']),
    dropoutRate: hyperparameters.dropoutRate,
    steps: wholeNumber('steps', values.steps),
  };
  const verdicts: Verdict[] = [];
  for (const candidate of candidates) verdicts.push(await check(candidate, sizes, values.json));
  if (verdicts.includes('disagrees')) process.exitCode = 1;
  else if (!verdicts.includes('agrees')) process.exitCode = 2;
}

/** Compares one engine on one device with ONNX Runtime on the processor and prints what came out. */
async function check(name: EngineName, sizes: ComparisonSizes, json: boolean): Promise<Verdict> {
  const print = (verdict: Verdict, fields: object, text: string): Verdict => {
    console.log(json ? JSON.stringify({ ...name, verdict, ...fields }) : `${name.engine} on ${name.device}: ${text}`);
    return verdict;
  };
  let candidate;
  try {
    candidate = await openEngine(name, 0);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return print('missing', { reason: error.message }, `missing. ${error.message}`);
  }
  try {
    const reference = await openEngine({ engine: 'onnxruntime', device: 'cpu' }, 0);
    const differences = await compareEngines(reference, candidate, sizes);
    const failed = findDisagreements(differences);
    const numbers = (Object.keys(LIMITS) as (keyof typeof LIMITS)[])
      .map((key) => `${key} ${differences[key].toExponential(1)} (at most ${LIMITS[key]})`)
      .join(', ');
    const verdict = failed.length === 0 ? 'agrees' : 'disagrees';
    const culprit =
      failed.length === 0 ? '' : `; too far off: ${failed.join(', ')}, gradient of ${differences.gradientOf}`;
    return print(verdict, { ...differences, limits: LIMITS }, `${verdict}. Relative differences: ${numbers}${culprit}`);
  } catch (error) {
    // Whatever a runtime throws in the middle of a graph: the device cannot do what the processor can.
    const reason = error instanceof Error ? error.message.trim() : String(error);
    return print('disagrees', { reason }, `fails while computing. ${reason}`);
  }
}

try {
  await main();
} catch (error) {
  console.error(error instanceof TypeError || isCodedError(error) ? error.message : error);
  process.exitCode = 1;
}
