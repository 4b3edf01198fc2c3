-- Runs can be paused, know the name of the model that they make, how long they have run, and how far they can be resumed.

ALTER TABLE "training_runs" DROP CONSTRAINT "training_runs_desired_state_check";
ALTER TABLE "training_runs" ADD CONSTRAINT "training_runs_desired_state_check" CHECK ("desired_state" IN ('running', 'paused', 'cancelled'));
-- A run that is paused is so because somebody wants it.
ALTER TABLE "training_runs" ADD CONSTRAINT "training_runs_paused_check" CHECK ("state" <> 'paused' OR "desired_state" = 'paused');

ALTER TABLE "training_runs" ADD COLUMN "model_id" TEXT;
UPDATE "training_runs" SET "model_id" = COALESCE(
    (SELECT "id" FROM "model_versions" WHERE "model_versions"."training_run_id" = "training_runs"."id"),
    'ft:' || "preset" || ':' || COALESCE("suffix", 'understudy') || ':' || substr(md5("id"), 1, 8)
);
ALTER TABLE "training_runs" ALTER COLUMN "model_id" SET NOT NULL;
CREATE UNIQUE INDEX "training_runs_model_id_key" ON "training_runs"("model_id");

ALTER TABLE "training_runs" ADD COLUMN "run_ms" BIGINT NOT NULL DEFAULT 0;
ALTER TABLE "training_runs" ADD COLUMN "saved_step" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "training_runs" ADD COLUMN "fruitless_attempts" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "training_runs" ADD CONSTRAINT "training_runs_run_ms_check" CHECK ("run_ms" >= 0);
ALTER TABLE "training_runs" ADD CONSTRAINT "training_runs_saved_step_check" CHECK ("saved_step" >= 0);
ALTER TABLE "training_runs" ADD CONSTRAINT "training_runs_fruitless_attempts_check" CHECK ("fruitless_attempts" >= 0 AND "attempt" >= "fruitless_attempts");

CREATE TABLE "device_leases" (
    "device" TEXT NOT NULL,
    "holder" TEXT NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "device_leases_pkey" PRIMARY KEY ("device")
);
