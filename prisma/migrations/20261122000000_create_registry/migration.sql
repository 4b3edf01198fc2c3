-- Corpora, training runs, model versions, deployments, keys, audit and replicas.
-- Names of keys and indexes are those that Prisma gives them, so that "prisma migrate diff" finds nothing to do.

CREATE TABLE "corpora" (
    "id" TEXT NOT NULL,
    "filename" TEXT NOT NULL,
    "size_bytes" BIGINT NOT NULL,
    "sha256" TEXT NOT NULL,
    "purpose" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "deleted_at" TIMESTAMPTZ(3),

    CONSTRAINT "corpora_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "corpora_size_bytes_check" CHECK ("size_bytes" >= 0),
    CONSTRAINT "corpora_sha256_check" CHECK ("sha256" ~ '^[0-9a-f]{64}$')
);

CREATE TABLE "model_versions" (
    "id" TEXT NOT NULL,
    "preset" TEXT NOT NULL,
    "number" INTEGER NOT NULL,
    "state" TEXT NOT NULL,
    "training_run_id" TEXT NOT NULL,
    "base_version_id" TEXT,
    "bundle_sha256" TEXT NOT NULL,
    "data_sha256" TEXT NOT NULL,
    "code_version" TEXT NOT NULL,
    "hyperparameters" JSONB NOT NULL,
    "seed" BIGINT NOT NULL,
    "parameters" BIGINT NOT NULL,
    "trained_tokens" BIGINT NOT NULL,
    "metrics" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "model_versions_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "model_versions_number_check" CHECK ("number" >= 1),
    CONSTRAINT "model_versions_state_check" CHECK ("state" IN ('registered', 'released', 'retired', 'rejected', 'rolled_back')),
    CONSTRAINT "model_versions_bundle_sha256_check" CHECK ("bundle_sha256" ~ '^[0-9a-f]{64}$'),
    CONSTRAINT "model_versions_data_sha256_check" CHECK ("data_sha256" ~ '^[0-9a-f]{64}$'),
    CONSTRAINT "model_versions_parameters_check" CHECK ("parameters" > 0),
    CONSTRAINT "model_versions_trained_tokens_check" CHECK ("trained_tokens" >= 0)
);

CREATE TABLE "training_runs" (
    "id" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "desired_state" TEXT NOT NULL DEFAULT 'running',
    "corpus_id" TEXT NOT NULL,
    "validation_corpus_id" TEXT,
    "preset" TEXT NOT NULL,
    "base_version_id" TEXT,
    "suffix" TEXT,
    "seed" BIGINT NOT NULL,
    "hyperparameters" JSONB NOT NULL,
    "metadata" JSONB NOT NULL,
    "attempt" INTEGER NOT NULL DEFAULT 0,
    "fence" INTEGER NOT NULL DEFAULT 0,
    "progress" JSONB,
    "trained_tokens" BIGINT NOT NULL DEFAULT 0,
    "heartbeat_at" TIMESTAMPTZ(3),
    "error_code" TEXT,
    "error_message" TEXT,
    "error_param" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "started_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "training_runs_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "training_runs_state_check" CHECK ("state" IN ('validating_files', 'queued', 'running', 'paused', 'succeeded', 'failed', 'cancelled')),
    CONSTRAINT "training_runs_desired_state_check" CHECK ("desired_state" IN ('running', 'cancelled')),
    CONSTRAINT "training_runs_attempt_check" CHECK ("attempt" >= 0 AND "fence" >= "attempt"),
    CONSTRAINT "training_runs_trained_tokens_check" CHECK ("trained_tokens" >= 0),
    -- A run is finished exactly when it is in a last state, and has an error exactly when it failed.
    CONSTRAINT "training_runs_finished_at_check" CHECK (("finished_at" IS NOT NULL) = ("state" IN ('succeeded', 'failed', 'cancelled'))),
    CONSTRAINT "training_runs_error_check" CHECK (("error_code" IS NOT NULL AND "error_message" IS NOT NULL) = ("state" = 'failed'))
);

CREATE TABLE "run_events" (
    "id" BIGSERIAL NOT NULL,
    "training_run_id" TEXT NOT NULL,
    "level" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "message" TEXT NOT NULL,
    "data" JSONB,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "run_events_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "run_events_level_check" CHECK ("level" IN ('info', 'warn', 'error')),
    CONSTRAINT "run_events_type_check" CHECK ("type" IN ('message', 'metrics'))
);

CREATE TABLE "deployments" (
    "name" TEXT NOT NULL,
    "incumbent_version_id" TEXT,
    "previous_version_id" TEXT,
    "revision" INTEGER NOT NULL DEFAULT 0,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "deployments_pkey" PRIMARY KEY ("name"),
    CONSTRAINT "deployments_previous_check" CHECK ("previous_version_id" <> "incumbent_version_id"),
    CONSTRAINT "deployments_revision_check" CHECK ("revision" >= 0)
);

CREATE TABLE "api_keys" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "hash" TEXT NOT NULL,
    "prefix" TEXT NOT NULL,
    "scopes" TEXT[],
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_used_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "api_keys_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "api_keys_hash_check" CHECK ("hash" ~ '^[0-9a-f]{64}$'),
    CONSTRAINT "api_keys_scopes_check" CHECK (cardinality("scopes") > 0 AND "scopes" <@ ARRAY['completions', 'training', 'admin'])
);

CREATE TABLE "audit_entries" (
    "id" BIGSERIAL NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "actor" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "reason" TEXT,
    "request_id" TEXT,
    "data" JSONB NOT NULL,

    CONSTRAINT "audit_entries_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "replicas" (
    "id" TEXT NOT NULL,
    "host" TEXT NOT NULL,
    "pid" INTEGER NOT NULL,
    "port" INTEGER NOT NULL,
    "deployment" TEXT NOT NULL,
    "version_id" TEXT,
    "ready" BOOLEAN NOT NULL,
    "reported_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "replicas_pkey" PRIMARY KEY ("id")
);

CREATE INDEX "corpora_created_at_id_idx" ON "corpora"("created_at", "id");
CREATE INDEX "corpora_sha256_idx" ON "corpora"("sha256");
CREATE INDEX "training_runs_created_at_id_idx" ON "training_runs"("created_at", "id");
CREATE INDEX "training_runs_state_heartbeat_at_idx" ON "training_runs"("state", "heartbeat_at");
CREATE INDEX "training_runs_corpus_id_idx" ON "training_runs"("corpus_id");
CREATE INDEX "run_events_training_run_id_id_idx" ON "run_events"("training_run_id", "id");
CREATE UNIQUE INDEX "model_versions_training_run_id_key" ON "model_versions"("training_run_id");
CREATE UNIQUE INDEX "model_versions_preset_number_key" ON "model_versions"("preset", "number");
CREATE INDEX "model_versions_created_at_id_idx" ON "model_versions"("created_at", "id");
CREATE UNIQUE INDEX "api_keys_hash_key" ON "api_keys"("hash");
CREATE INDEX "api_keys_created_at_id_idx" ON "api_keys"("created_at", "id");
CREATE INDEX "audit_entries_subject_id_idx" ON "audit_entries"("subject", "id");
CREATE INDEX "replicas_reported_at_idx" ON "replicas"("reported_at");

ALTER TABLE "training_runs" ADD CONSTRAINT "training_runs_corpus_id_fkey" FOREIGN KEY ("corpus_id") REFERENCES "corpora"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "training_runs" ADD CONSTRAINT "training_runs_validation_corpus_id_fkey" FOREIGN KEY ("validation_corpus_id") REFERENCES "corpora"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "training_runs" ADD CONSTRAINT "training_runs_base_version_id_fkey" FOREIGN KEY ("base_version_id") REFERENCES "model_versions"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "run_events" ADD CONSTRAINT "run_events_training_run_id_fkey" FOREIGN KEY ("training_run_id") REFERENCES "training_runs"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "model_versions" ADD CONSTRAINT "model_versions_training_run_id_fkey" FOREIGN KEY ("training_run_id") REFERENCES "training_runs"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "model_versions" ADD CONSTRAINT "model_versions_base_version_id_fkey" FOREIGN KEY ("base_version_id") REFERENCES "model_versions"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "deployments" ADD CONSTRAINT "deployments_incumbent_version_id_fkey" FOREIGN KEY ("incumbent_version_id") REFERENCES "model_versions"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "deployments" ADD CONSTRAINT "deployments_previous_version_id_fkey" FOREIGN KEY ("previous_version_id") REFERENCES "model_versions"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- A model version is what it was when it was registered: only its state may change.
CREATE FUNCTION "refuse_model_version_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - 'state' IS DISTINCT FROM to_jsonb(OLD) - 'state' THEN
        RAISE EXCEPTION 'model version % is immutable: only its state may change', OLD."id" USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END;
$$;
CREATE TRIGGER "model_versions_immutable" BEFORE UPDATE ON "model_versions"
    FOR EACH ROW EXECUTE FUNCTION "refuse_model_version_change"();

-- The audit is only ever added to.
CREATE FUNCTION "refuse_audit_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit entries are append-only: % is refused', TG_OP USING ERRCODE = 'restrict_violation';
END;
$$;
CREATE TRIGGER "audit_entries_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "audit_entries"
    FOR EACH STATEMENT EXECUTE FUNCTION "refuse_audit_change"();

INSERT INTO "deployments" ("name") VALUES ('production');
