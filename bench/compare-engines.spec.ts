import { describe, expect, it } from 'vitest';
import { OnnxRuntimeEngine, type TrainingEngine } from '#language-model/workbench';
import { compareEngines, findDisagreements, LIMITS, type ComparisonSizes } from './compare-engines.js';
import { openEngine } from './engines.js';

const SIZES: ComparisonSizes = {
  architecture: { vocabularySize: 40, embeddingDim: 6, lstmUnits: 9, numLayers: 2 },
  sequenceLength: 7,
  batchSize: 3,
  dropoutRate: 0.25,
  steps: 3,
};

const reference = new OnnxRuntimeEngine(1);

/** An engine one of whose results is wrong. */
function faulty(result: string, change: (value: number) => number): TrainingEngine {
  return {
    name: 'onnxruntime',
    device: 'faulty',
    evaluationProgram: (...sizes) => reference.evaluationProgram(...sizes),
    trainingProgram: async (...sizes) => {
      const program = await reference.trainingProgram(...sizes);
      return {
        dispose: () => program.dispose(),
        run: async (feeds, results) => {
          const outputs = await program.run(feeds, results);
          const data = (results ?? outputs)[result]!.data as Float32Array;
          data.set(data.map(change));
          return outputs;
        },
      };
    },
  };
}

describe('compareEngines', () => {
  it('finds no difference between an engine and itself', async () => {
    const differences = await compareEngines(reference, reference, SIZES);
    expect(differences).toMatchObject({ loss: 0, gradient: 0, lastLoss: 0, evaluation: 0 });
    expect(findDisagreements(differences)).toEqual([]);
  });

  it('finds that both engines agree within the limits, and not to the bit', async () => {
    const tensorflow = await openEngine({ engine: 'tensorflow', device: 'cpu' }, 1);
    const differences = await compareEngines(reference, tensorflow, SIZES);
    expect(findDisagreements(differences)).toEqual([]);
    expect(differences.gradient).toBeGreaterThan(0);
    expect(differences.gradient).toBeLessThan(LIMITS.gradient);
  });

  it('finds a gradient that is off by half a percent, and says which', async () => {
    const engine = faulty('gradient.lstm.1.recurrent', (value) => value * 1.005);
    const differences = await compareEngines(reference, engine, SIZES);
    expect(differences.gradientOf).toBe('lstm.1.recurrent');
    expect(findDisagreements(differences)).toContain('gradient');
  });

  it('takes a state that is not carried on for a difference in the loss that follows', async () => {
    const differences = await compareEngines(
      reference,
      faulty('next_hidden_0', () => 20),
      SIZES,
    );
    expect(differences.loss).toBe(0);
    expect(findDisagreements(differences)).toEqual(['lastLoss']);
  });

  it('takes a number that is not finite for a difference', () => {
    const differences = { loss: 0, gradient: NaN, gradientOf: 'x', lastLoss: 0, evaluation: Infinity };
    expect(findDisagreements(differences)).toEqual(['gradient', 'evaluation']);
  });
});
