import { PLAIN_SAMPLING, SamplingPlan, TokenSampler } from '#language-model/workbench';
import { Graph, GraphSession, float32Tensor, op, type Tensor } from '#tensor-graph';
import type { BenchOptions } from './options.js';
import type { Report } from './report.js';
import { VOCABULARY, distributions } from './sampling.js';

const BATCH_SIZES = [1, 8, 32];
const TURNS = 200;
const TOP = 50;

/** Draws once for each of B rows. */
type Draw = () => Promise<void> | void;

/**
 * Where sampling runs: what a step pays for drawing a token for each of its rows, by nodes after the softmax or by code that
 * reads the probabilities. The graph's ways are the cheapest that the runtime's operators allow.
 */
export async function benchGraphSampling({ threads }: BenchOptions, report: Report): Promise<void> {
  const rows = distributions();
  const byInverse = await GraphSession.create(inverseOfSums(), { threads });
  const byTop = await GraphSession.create(mostProbable(), { threads });
  const sampler = await TokenSampler.create(VOCABULARY);
  for (const B of BATCH_SIZES) {
    const uniform = Float32Array.from({ length: B }, (_, row) => (row * 0.6180339887) % 1);
    const probabilities = float32Tensor(rows.subarray(0, B * VOCABULARY), [B, VOCABULARY]);
    const byCode = (parameters: object): Draw => {
      const plan = new SamplingPlan({ ...PLAIN_SAMPLING, ...parameters }, []);
      return () => {
        for (let row = 0; row < B; row++)
          sampler.sample({ probabilities: rows, logits: rows, start: row * VOCABULARY }, plan, uniform[row]!);
      };
    };
    const ways: Record<string, Draw> = {
      'whole distribution, in code': byCode({ temperature: 1 }),
      'whole distribution, in the graph': async () => {
        await byInverse.run({ probabilities, uniform: float32Tensor(uniform, [B, 1]) });
      },
      [`top-k ${TOP}, in code`]: byCode({ temperature: 1, topK: TOP }),
      [`top-k ${TOP}, in the graph, without the draw`]: async () => {
        await byTop.run({ probabilities });
      },
    };
    const times = await takeTurns(ways);
    for (const [way, milliseconds] of Object.entries(times))
      report.add({ bench: 'graph-sampling', way, batchSize: B, microsecondsPerStep: 1000 * milliseconds });
  }
  await byInverse.dispose();
  await byTop.dispose();
}

/** The number of cumulative sums that are below a random number is the id drawn: probabilities [B, V], uniform [B, 1] -> [B]. */
function inverseOfSums(): Uint8Array {
  const graph = new Graph();
  const probabilities = graph.input('probabilities', ['B', VOCABULARY]);
  const axis = graph.constant(BigInt64Array.of(1n), []);
  const [sums] = graph.emit('CumSum', [probabilities, axis], [probabilities]);
  const [below] = graph.emit(
    'Less',
    [sums!, graph.input('uniform', ['B', 1])],
    [{ type: 'bool', shape: probabilities.shape }],
  );
  const [counted] = graph.emit('Cast', [below!], [probabilities], { to: 1 });
  graph.output('ids', op.reduceSum(counted!, [1]));
  return graph.encode();
}

function mostProbable(): Uint8Array {
  const graph = new Graph();
  const probabilities: Tensor = graph.input('probabilities', ['B', VOCABULARY]);
  const [values, ids] = graph.emit(
    'TopK',
    [probabilities, graph.integers([TOP])],
    [
      { type: 'float32', shape: ['B', TOP] },
      { type: 'int64', shape: ['B', TOP] },
    ],
  );
  graph.output('values', values!);
  graph.output('ids', ids!);
  return graph.encode();
}

/** Median milliseconds of each way; they take turns, so that what else the machine does meets all of them. */
async function takeTurns(ways: Readonly<Record<string, Draw>>): Promise<Record<string, number>> {
  const times: Record<string, number[]> = {};
  for (let turn = 0; turn < TURNS; turn++) {
    for (const [way, draw] of Object.entries(ways)) {
      const start = performance.now();
      await draw();
      (times[way] ??= []).push(performance.now() - start);
    }
  }
  return Object.fromEntries(
    Object.entries(times).map(([way, measured]) => [way, measured.sort((a, b) => a - b)[TURNS >> 1]!]),
  );
}
