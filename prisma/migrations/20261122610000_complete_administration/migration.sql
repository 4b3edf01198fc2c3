-- Administration: writes that can be sent again, webhooks with their outbox, deletion of model versions.

CREATE TABLE "idempotency_keys" (
    "api_key_id" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "fingerprint" TEXT NOT NULL,
    "fence" INTEGER NOT NULL DEFAULT 1,
    "claimed_until" TIMESTAMPTZ(3) NOT NULL,
    "request_id" TEXT NOT NULL,
    "carried_out_at" TIMESTAMPTZ(3),
    "answer" BYTEA,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "idempotency_keys_pkey" PRIMARY KEY ("api_key_id", "key"),
    CONSTRAINT "idempotency_keys_fingerprint_check" CHECK ("fingerprint" ~ '^[0-9a-f]{64}$'),
    CONSTRAINT "idempotency_keys_fence_check" CHECK ("fence" >= 1)
);

CREATE TABLE "webhooks" (
    "id" TEXT NOT NULL,
    "url" TEXT NOT NULL,
    "events" TEXT[],
    "description" TEXT NOT NULL,
    "secret" TEXT NOT NULL,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "webhooks_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "webhooks_events_check" CHECK (cardinality("events") > 0)
);

CREATE TABLE "webhook_deliveries" (
    "id" BIGSERIAL NOT NULL,
    "webhook_id" TEXT NOT NULL,
    "event_id" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "payload" JSONB NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'pending',
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "next_attempt_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_status" INTEGER,
    "last_error" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "webhook_deliveries_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "webhook_deliveries_state_check" CHECK ("state" IN ('pending', 'delivered', 'dead')),
    CONSTRAINT "webhook_deliveries_attempts_check" CHECK ("attempts" >= 0),
    CONSTRAINT "webhook_deliveries_finished_at_check" CHECK (("finished_at" IS NOT NULL) = ("state" <> 'pending'))
);

CREATE INDEX "idempotency_keys_created_at_idx" ON "idempotency_keys"("created_at");
CREATE INDEX "webhooks_created_at_id_idx" ON "webhooks"("created_at", "id");
CREATE INDEX "webhook_deliveries_webhook_id_id_idx" ON "webhook_deliveries"("webhook_id", "id");
-- Those that are still to be sent: few, and looked for all the time.
CREATE INDEX "webhook_deliveries_pending_idx" ON "webhook_deliveries"("next_attempt_at") WHERE "state" = 'pending';

ALTER TABLE "webhook_deliveries" ADD CONSTRAINT "webhook_deliveries_webhook_id_fkey" FOREIGN KEY ("webhook_id") REFERENCES "webhooks"("id") ON DELETE CASCADE ON UPDATE CASCADE;

ALTER TABLE "model_versions" ADD COLUMN "deleted_at" TIMESTAMPTZ(3);
-- What serves is not deleted.
ALTER TABLE "model_versions" ADD CONSTRAINT "model_versions_deleted_at_check" CHECK ("deleted_at" IS NULL OR "state" <> 'released');

-- As before, and a version can be deleted once.
CREATE OR REPLACE FUNCTION "refuse_model_version_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - 'state' - 'deleted_at' IS DISTINCT FROM to_jsonb(OLD) - 'state' - 'deleted_at' THEN
        RAISE EXCEPTION 'model version % is immutable: only its state may change, and that it is deleted', OLD."id" USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD."deleted_at" IS NOT NULL AND NEW IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION 'model version % is deleted: nothing of it may change', OLD."id" USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END;
$$;
