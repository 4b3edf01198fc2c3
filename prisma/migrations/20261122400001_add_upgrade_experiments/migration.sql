-- Upgrade experiments: a smaller and a larger model on the same text, and the verdict.

CREATE TABLE "upgrade_experiments" (
    "id" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "corpus_id" TEXT NOT NULL,
    "policy" TEXT NOT NULL,
    "from_preset" TEXT NOT NULL,
    "to_preset" TEXT NOT NULL,
    "fallback_preset" TEXT,
    "from_run_id" TEXT,
    "to_run_id" TEXT,
    "fallback_run_id" TEXT,
    "reuses_from" BOOLEAN NOT NULL,
    "reuses_to" BOOLEAN NOT NULL,
    "only_if_advised" BOOLEAN NOT NULL,
    "suffix" TEXT,
    "seed" BIGINT NOT NULL,
    "hyperparameters" JSONB NOT NULL,
    "preset_hyperparameters" JSONB NOT NULL,
    "metadata" JSONB NOT NULL,
    "attempt" INTEGER NOT NULL DEFAULT 0,
    "fence" INTEGER NOT NULL DEFAULT 0,
    "claimed_until" TIMESTAMPTZ(3),
    "progress" JSONB,
    "advice" JSONB,
    "verdict" TEXT,
    "report" JSONB,
    "error_code" TEXT,
    "error_message" TEXT,
    "error_param" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "upgrade_experiments_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "upgrade_experiments_state_check" CHECK ("state" IN ('training_from', 'advising', 'training_to', 'comparing', 'training_fallback', 'comparing_fallback', 'succeeded', 'failed', 'cancelled')),
    CONSTRAINT "upgrade_experiments_verdict_check" CHECK ("verdict" IN ('upgrade', 'keep_small', 'use_intermediate', 'collect_more_data')),
    CONSTRAINT "upgrade_experiments_attempt_check" CHECK ("attempt" >= 0 AND "fence" >= "attempt"),
    CONSTRAINT "upgrade_experiments_presets_check" CHECK ("from_preset" <> "to_preset"),
    -- An experiment is finished exactly when it is in a last state, has a report exactly when it succeeded, and an error exactly when it failed.
    CONSTRAINT "upgrade_experiments_finished_at_check" CHECK (("finished_at" IS NOT NULL) = ("state" IN ('succeeded', 'failed', 'cancelled'))),
    CONSTRAINT "upgrade_experiments_report_check" CHECK (("report" IS NOT NULL AND "verdict" IS NOT NULL) = ("state" = 'succeeded')),
    CONSTRAINT "upgrade_experiments_error_check" CHECK (("error_code" IS NOT NULL AND "error_message" IS NOT NULL) = ("state" = 'failed'))
);

CREATE TABLE "upgrade_experiment_events" (
    "id" BIGSERIAL NOT NULL,
    "experiment_id" TEXT NOT NULL,
    "level" TEXT NOT NULL,
    "message" TEXT NOT NULL,
    "data" JSONB,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "upgrade_experiment_events_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "upgrade_experiment_events_level_check" CHECK ("level" IN ('info', 'warn', 'error'))
);

CREATE INDEX "upgrade_experiments_created_at_id_idx" ON "upgrade_experiments"("created_at", "id");
CREATE INDEX "upgrade_experiments_corpus_id_idx" ON "upgrade_experiments"("corpus_id");
-- Those that are under way: few, and looked for all the time.
CREATE INDEX "upgrade_experiments_open_idx" ON "upgrade_experiments"("created_at", "id") WHERE "finished_at" IS NULL;
CREATE INDEX "upgrade_experiment_events_experiment_id_id_idx" ON "upgrade_experiment_events"("experiment_id", "id");

ALTER TABLE "upgrade_experiments" ADD CONSTRAINT "upgrade_experiments_corpus_id_fkey" FOREIGN KEY ("corpus_id") REFERENCES "corpora"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "upgrade_experiments" ADD CONSTRAINT "upgrade_experiments_from_run_id_fkey" FOREIGN KEY ("from_run_id") REFERENCES "training_runs"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "upgrade_experiments" ADD CONSTRAINT "upgrade_experiments_to_run_id_fkey" FOREIGN KEY ("to_run_id") REFERENCES "training_runs"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "upgrade_experiments" ADD CONSTRAINT "upgrade_experiments_fallback_run_id_fkey" FOREIGN KEY ("fallback_run_id") REFERENCES "training_runs"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "upgrade_experiment_events" ADD CONSTRAINT "upgrade_experiment_events_experiment_id_fkey" FOREIGN KEY ("experiment_id") REFERENCES "upgrade_experiments"("id") ON DELETE CASCADE ON UPDATE CASCADE;
