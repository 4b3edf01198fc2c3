-- Checkpoints of runs, and runs and versions that continue from one.

CREATE TABLE "checkpoints" (
    "id" TEXT NOT NULL,
    "training_run_id" TEXT NOT NULL,
    "model_id" TEXT NOT NULL,
    "number" INTEGER NOT NULL,
    "step" INTEGER NOT NULL,
    "epoch" INTEGER NOT NULL,
    "trained_tokens" BIGINT NOT NULL,
    "bundle_sha256" TEXT NOT NULL,
    "hyperparameters" JSONB NOT NULL,
    "validation_loss_nats" DOUBLE PRECISION NOT NULL,
    "metrics" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "removed_at" TIMESTAMPTZ(3),

    CONSTRAINT "checkpoints_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "checkpoints_number_check" CHECK ("number" >= 1),
    CONSTRAINT "checkpoints_step_check" CHECK ("step" >= 0),
    CONSTRAINT "checkpoints_trained_tokens_check" CHECK ("trained_tokens" >= 0),
    CONSTRAINT "checkpoints_bundle_sha256_check" CHECK ("bundle_sha256" ~ '^[0-9a-f]{64}$')
);

CREATE UNIQUE INDEX "checkpoints_model_id_key" ON "checkpoints"("model_id");
CREATE UNIQUE INDEX "checkpoints_training_run_id_step_key" ON "checkpoints"("training_run_id", "step");
CREATE UNIQUE INDEX "checkpoints_training_run_id_number_key" ON "checkpoints"("training_run_id", "number");
CREATE INDEX "checkpoints_created_at_id_idx" ON "checkpoints"("created_at", "id");
ALTER TABLE "checkpoints" ADD CONSTRAINT "checkpoints_training_run_id_fkey" FOREIGN KEY ("training_run_id") REFERENCES "training_runs"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "training_runs" ADD COLUMN "base_checkpoint_id" TEXT;
ALTER TABLE "training_runs" ADD CONSTRAINT "training_runs_base_checkpoint_id_fkey" FOREIGN KEY ("base_checkpoint_id") REFERENCES "checkpoints"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "training_runs" ADD CONSTRAINT "training_runs_base_check" CHECK ("base_version_id" IS NULL OR "base_checkpoint_id" IS NULL);
CREATE INDEX "training_runs_base_checkpoint_id_idx" ON "training_runs"("base_checkpoint_id");

ALTER TABLE "model_versions" ADD COLUMN "base_checkpoint_id" TEXT;
ALTER TABLE "model_versions" ADD CONSTRAINT "model_versions_base_checkpoint_id_fkey" FOREIGN KEY ("base_checkpoint_id") REFERENCES "checkpoints"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "model_versions" ADD CONSTRAINT "model_versions_base_check" CHECK ("base_version_id" IS NULL OR "base_checkpoint_id" IS NULL);

-- A checkpoint is what it was when it was taken: only its bytes may be given up, once.
CREATE FUNCTION "refuse_checkpoint_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - 'removed_at' IS DISTINCT FROM to_jsonb(OLD) - 'removed_at' OR OLD."removed_at" IS NOT NULL THEN
        RAISE EXCEPTION 'checkpoint % is immutable: it may only be removed, once', OLD."id" USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END;
$$;
CREATE TRIGGER "checkpoints_immutable" BEFORE UPDATE ON "checkpoints"
    FOR EACH ROW EXECUTE FUNCTION "refuse_checkpoint_change"();
