import type { Database } from '#database';

/** What each of the measured runs has told of its training. */
export const POINTS_OF_A_RUN = 10_000;
const STEPS_OF_A_POINT = 10;

/**
 * Adds runs that have ended, the first of them with curves as long as those of a run of 28 hours. Written past the registry, because what it
 * takes a run so long to tell would take a test minutes.
 *
 * @param measured how many of them have a curve.
 * @returns the ids of these.
 */
export async function addMeasuredRuns(database: Database, runs: number, measured: number): Promise<readonly string[]> {
  await database.query(
    (client) => client.$executeRaw`
      INSERT INTO "training_runs" ("id", "state", "corpus_id", "preset", "model_id", "seed", "hyperparameters", "metadata", "progress", "created_at", "finished_at")
      SELECT 'ftjob-' || lpad(n::text, 4, '0') || 'long', 'cancelled', (SELECT "id" FROM "corpora" LIMIT 1), 'small', 'ft:small:long:' || n, n, '{"n_epochs": 30}',
        '{}', jsonb_build_object('step', ${POINTS_OF_A_RUN * STEPS_OF_A_POINT}::int, 'totalSteps', ${POINTS_OF_A_RUN * STEPS_OF_A_POINT}::int, 'tokensPerSecond', 9000 + n),
        now() - n * interval '1 hour', now()
      FROM generate_series(1, ${runs}::int) n`,
  );
  await database.query(
    (client) => client.$executeRaw`
      INSERT INTO "run_events" ("training_run_id", "level", "type", "message", "data", "created_at")
      SELECT 'ftjob-' || lpad(run::text, 4, '0') || 'long', 'info', 'metrics', 'Step', jsonb_build_object(
          'step', n * ${STEPS_OF_A_POINT}::int, 'train_loss', 3 + 4 * exp(-n / 2000.0) + 0.2 * random(), 'train_perplexity', 20 + 100 * exp(-n / 2000.0) + random(),
          'learning_rate', 0.003 * n / 10000.0, 'gradient_norm', 1 + random(), 'tokens_per_second', 9000 + 500 * random(),
          'compute_ms', 30 + random(), 'optimizer_ms', 3 + random(), 'read_ms', random()),
        now() - (${POINTS_OF_A_RUN}::int - n) * interval '10 seconds'
      FROM generate_series(1, ${measured}::int) run, generate_series(1, ${POINTS_OF_A_RUN}::int) n`,
  );
  return Array.from({ length: measured }, (_, index) => `ftjob-${String(index + 1).padStart(4, '0')}long`);
}
