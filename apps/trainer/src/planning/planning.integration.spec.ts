import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, guardAgainstLeaks, tinyCorpus, type TestDatabase } from '#testing';
import { RunningTrainer, TINY } from '../testing/running-trainer.js';
import type { TrainingPlanObject, TrainingPresets } from './plan.dto.js';

guardAgainstLeaks();

let database: TestDatabase;
let trainer: RunningTrainer;
let file: string;

beforeAll(async () => {
  const corpus = await tinyCorpus({ documents: 10, words: 200 });
  await corpus.remove();
  database = await createTestDatabase();
  trainer = await RunningTrainer.start(database.connectionString);
  file = await trainer.upload(corpus.texts.map((text) => JSON.stringify({ text })).join('\n'), 'corpus.jsonl');
  expect(await inspected(file)).toBe('processed');
});

afterAll(async () => {
  await trainer.close();
  await database.close();
});

/** What became of a file, once it was looked at. */
async function inspected(id: string): Promise<string> {
  for (;;) {
    const { status } = await trainer.registry.getCorpus(id);
    if (status !== 'uploaded') return status;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function plan(body: Record<string, unknown>): Promise<TrainingPlanObject> {
  const response = await trainer.fetch('/v1/fine_tuning/plan', { body });
  expect(response.status).toBe(200);
  return (await response.json()) as TrainingPlanObject;
}

const codes = ({ advice }: TrainingPlanObject): string[] => advice.map(({ code }) => code);

describe('what can be trained', () => {
  it('is told with the limits that a job holds it to', async () => {
    const answer = (await (await trainer.fetch('/v1/fine_tuning/presets')).json()) as TrainingPresets;
    expect(answer.presets.map(({ id, parameters }) => [id, parameters])).toEqual([
      ['small', 4_770_576],
      ['intermediate', 6_247_440],
      ['medium', 7_838_992],
    ]);
    for (const { name, kind, minimum, maximum } of answer.hyperparameters) {
      if (kind === 'choice') continue;
      for (const value of [(minimum ?? 0) - 1, (maximum ?? 0) * 2]) {
        const body = { model: 'small', training_file: file, hyperparameters: { [name]: value } };
        const response = await trainer.fetch('/v1/fine_tuning/plan', { body });
        expect([name, response.status]).toEqual([name, 400]);
      }
    }
  });
});

describe('a plan', () => {
  it('has the size that the report and the job itself tell', async () => {
    const { size } = await plan({ model: 'small', training_file: file });
    const { report } = (await (await trainer.fetch(`/v1/files/${file}/report`)).json()) as {
      report: { presets: { parameters: number; tokens_per_parameter: number; tokens_missing: number }[] };
    };
    expect(size).toMatchObject({ ...pick(report.presets[0]), seconds: null });
    const tooLarge = await plan({ model: 'small', training_file: file, hyperparameters: { batch_size: 1024 } });
    expect(tooLarge).toMatchObject({ size: { steps: 0 }, advice: [{ level: 'error', code: 'corpus_too_small' }] });
  });

  it('takes its time from the newest job, by the operations that a token takes', async () => {
    const body = {
      model: 'small',
      training_file: file,
      // That of the report, so that the same documents are held out.
      seed: 1,
      method: { type: 'supervised', supervised: { hyperparameters: TINY } },
    };
    const { id } = (await (await trainer.fetch('/v1/fine_tuning/jobs', { body })).json()) as { id: string };
    const run = await trainer.until(id, ({ state }) => state === 'succeeded');
    const same = await plan({ model: 'small', training_file: file, hyperparameters: TINY });
    expect(same.size).toMatchObject({ steps: run.progress?.['totalSteps'], measured_on: id });
    const speed = (same.size?.trained_tokens ?? 0) / (same.size?.seconds ?? 0);
    expect(speed).toBeCloseTo(Number(run.progress?.['tokensPerSecond']), 3);
    const larger = await plan({ model: 'small', training_file: file, hyperparameters: { ...TINY, lstm_units: 64 } });
    expect(larger.size?.seconds).toBeGreaterThan(same.size?.seconds ?? Infinity);
    expect(codes(same)).toEqual(['below_target']);
    const medium = await plan({ model: 'medium', training_file: file, hyperparameters: TINY });
    expect([medium.smaller_job, codes(medium)]).toEqual([id, ['below_target', 'ask_the_rules']]);
  });

  it('advises the smaller preset first where none was trained on the file', async () => {
    const other = await trainer.upload(Array.from({ length: 90 }, (_, i) => `The sailor of ship ${i} sang.`).join(' '));
    expect(await inspected(other)).toBe('processed');
    const answer = await plan({ model: 'medium', training_file: other, hyperparameters: TINY });
    expect([answer.smaller_job, codes(answer).at(-1)]).toEqual([null, 'smaller_first']);
  });

  it('says why nothing can be trained on a file, and what it does not know', async () => {
    const poor = await trainer.upload('one two three. '.repeat(500));
    expect(await inspected(poor)).toBe('error');
    expect(await plan({ model: 'small', training_file: poor })).toMatchObject({
      size: null,
      advice: [{ level: 'error', code: 'vocabulary_too_small' }],
    });
    for (const [body, code, param] of [
      [{ model: 'huge', training_file: file }, 'invalid_value', 'model'],
      [{ model: 'small', training_file: 'file-none' }, 'file_not_found', 'training_file'],
      [
        { model: 'small', training_file: file, hyperparameters: { speed: 1 } },
        'unknown_parameter',
        'hyperparameters.speed',
      ],
    ] as const) {
      const response = await trainer.fetch('/v1/fine_tuning/plan', { body });
      expect(await response.json()).toMatchObject({ error: { code, param } });
    }
  });
});

function pick(preset: TrainingPresetReport | undefined): Partial<TrainingPresetReport> {
  const { parameters, tokens_per_parameter, tokens_missing } = preset ?? {};
  return { parameters, tokens_per_parameter, tokens_missing } as Partial<TrainingPresetReport>;
}

interface TrainingPresetReport {
  readonly parameters: number;
  readonly tokens_per_parameter: number;
  readonly tokens_missing: number;
}
