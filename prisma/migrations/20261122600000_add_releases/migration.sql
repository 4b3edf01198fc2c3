-- Releases: attempts to replace an incumbent, what was observed and done in them, and which version served when.

CREATE TABLE "releases" (
    "id" TEXT NOT NULL,
    "deployment" TEXT NOT NULL,
    "candidate_version_id" TEXT NOT NULL,
    "incumbent_version_id" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "stage" TEXT NOT NULL,
    "stage_index" INTEGER NOT NULL,
    "share" DOUBLE PRECISION NOT NULL,
    "policy_name" TEXT NOT NULL,
    "policy_version" INTEGER NOT NULL,
    "policy" JSONB NOT NULL,
    "statistics" JSONB NOT NULL,
    "position" BIGINT NOT NULL DEFAULT 0,
    "observed_at" TIMESTAMPTZ(3),
    "revision" INTEGER NOT NULL DEFAULT 0,
    "gates" JSONB,
    "opened_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "opened_by" TEXT NOT NULL,
    "stage_since" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "promoted_at" TIMESTAMPTZ(3),
    "held_at" TIMESTAMPTZ(3),
    "resumes" BOOLEAN,
    "resumed_at" TIMESTAMPTZ(3),
    "paused_at" TIMESTAMPTZ(3),
    "paused_by" TEXT,
    "ended_at" TIMESTAMPTZ(3),
    "reason" TEXT,

    CONSTRAINT "releases_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "releases_versions_check" CHECK ("candidate_version_id" <> "incumbent_version_id"),
    CONSTRAINT "releases_state_check" CHECK ("state" IN ('shadow', 'canary', 'watched', 'held', 'completed', 'rolled_back', 'superseded', 'aborted')),
    CONSTRAINT "releases_stage_check" CHECK ("stage" IN ('shadow', 'canary', 'watched') AND "stage_index" >= 0),
    -- In a state that is a stage, it is that stage.
    CONSTRAINT "releases_state_stage_check" CHECK ("state" NOT IN ('shadow', 'canary', 'watched') OR "state" = "stage"),
    -- Nothing is served in the shadow, nor by a candidate that has not passed the gates.
    CONSTRAINT "releases_share_check" CHECK ("share" >= 0 AND "share" <= 1 AND ("share" = 0 OR ("stage" <> 'shadow' AND "gates" IS NOT NULL))),
    CONSTRAINT "releases_counts_check" CHECK ("position" >= 0 AND "revision" >= 0 AND "policy_version" >= 0),
    CONSTRAINT "releases_promoted_at_check" CHECK (("promoted_at" IS NOT NULL) = ("stage" = 'watched')),
    CONSTRAINT "releases_held_at_check" CHECK (("held_at" IS NOT NULL) = ("state" = 'held') AND ("resumes" IS NOT NULL) = ("state" = 'held')),
    CONSTRAINT "releases_paused_check" CHECK (("paused_at" IS NULL) = ("paused_by" IS NULL)),
    CONSTRAINT "releases_ended_at_check" CHECK (("ended_at" IS NOT NULL) = ("state" IN ('completed', 'rolled_back', 'superseded', 'aborted')))
);

CREATE TABLE "release_events" (
    "id" BIGSERIAL NOT NULL,
    "release_id" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "kind" TEXT NOT NULL,
    "actor" TEXT NOT NULL,
    "message" TEXT NOT NULL,
    "evidence" JSONB NOT NULL,
    "request_id" TEXT,

    CONSTRAINT "release_events_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "observations" (
    "id" BIGSERIAL NOT NULL,
    "release_id" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "replica_id" TEXT NOT NULL,
    "request_id" TEXT,
    "metric" TEXT NOT NULL,
    "arm" TEXT NOT NULL,
    "stage_index" INTEGER NOT NULL,
    "share" DOUBLE PRECISION NOT NULL,
    "value" DOUBLE PRECISION NOT NULL,
    "tokens" INTEGER,
    "client" TEXT,
    "position" BIGINT,

    CONSTRAINT "observations_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "observations_arm_check" CHECK ("arm" IN ('candidate', 'incumbent', 'both')),
    CONSTRAINT "observations_stage_index_check" CHECK ("stage_index" >= 0),
    CONSTRAINT "observations_share_check" CHECK ("share" >= 0 AND "share" <= 1),
    CONSTRAINT "observations_tokens_check" CHECK ("tokens" > 0),
    CONSTRAINT "observations_position_check" CHECK ("position" > 0)
);

CREATE TABLE "serving_periods" (
    "id" BIGSERIAL NOT NULL,
    "deployment" TEXT NOT NULL,
    "version_id" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "share" DOUBLE PRECISION NOT NULL,
    "release_id" TEXT,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3),
    "started_by" TEXT NOT NULL,
    "ended_by" TEXT,

    CONSTRAINT "serving_periods_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "serving_periods_role_check" CHECK ("role" IN ('incumbent', 'candidate', 'former')),
    CONSTRAINT "serving_periods_share_check" CHECK ("share" >= 0 AND "share" <= 1),
    CONSTRAINT "serving_periods_ended_at_check" CHECK ("ended_at" >= "started_at"),
    CONSTRAINT "serving_periods_ended_by_check" CHECK (("ended_at" IS NULL) = ("ended_by" IS NULL))
);

CREATE TABLE "release_policies" (
    "name" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "document" JSONB NOT NULL,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "release_policies_pkey" PRIMARY KEY ("name", "version"),
    CONSTRAINT "release_policies_version_check" CHECK ("version" >= 1)
);

CREATE TABLE "version_quarantines" (
    "version_id" TEXT NOT NULL,
    "until" TIMESTAMPTZ(3) NOT NULL,
    "count" INTEGER NOT NULL,
    "reason" TEXT NOT NULL,

    CONSTRAINT "version_quarantines_pkey" PRIMARY KEY ("version_id"),
    CONSTRAINT "version_quarantines_count_check" CHECK ("count" >= 1)
);

ALTER TABLE "deployments" ADD COLUMN "pinned_at" TIMESTAMPTZ(3);
ALTER TABLE "deployments" ADD COLUMN "pinned_by" TEXT;
ALTER TABLE "deployments" ADD COLUMN "pin_reason" TEXT;
ALTER TABLE "deployments" ADD CONSTRAINT "deployments_pinned_check" CHECK (("pinned_at" IS NULL) = ("pinned_by" IS NULL) AND ("pin_reason" IS NULL OR "pinned_at" IS NOT NULL));

CREATE INDEX "releases_deployment_opened_at_id_idx" ON "releases"("deployment", "opened_at", "id");
CREATE INDEX "releases_opened_at_id_idx" ON "releases"("opened_at", "id");
-- At most one release of a deployment is open.
CREATE UNIQUE INDEX "releases_open_key" ON "releases"("deployment") WHERE "ended_at" IS NULL;
CREATE INDEX "release_events_release_id_id_idx" ON "release_events"("release_id", "id");
CREATE UNIQUE INDEX "observations_release_id_position_key" ON "observations"("release_id", "position");
-- Those that are not in the statistics yet: few, and looked for all the time.
CREATE INDEX "observations_new_idx" ON "observations"("release_id", "id") WHERE "position" IS NULL;
-- Whether a client has been counted for a metric.
CREATE INDEX "observations_client_idx" ON "observations"("release_id", "client", "metric") WHERE "client" IS NOT NULL;
CREATE INDEX "serving_periods_deployment_started_at_idx" ON "serving_periods"("deployment", "started_at");
CREATE INDEX "serving_periods_version_id_started_at_idx" ON "serving_periods"("version_id", "started_at");
-- At most one version is the incumbent of a deployment, one its candidate and one its former incumbent.
CREATE UNIQUE INDEX "serving_periods_open_key" ON "serving_periods"("deployment", "role") WHERE "ended_at" IS NULL;

ALTER TABLE "releases" ADD CONSTRAINT "releases_deployment_fkey" FOREIGN KEY ("deployment") REFERENCES "deployments"("name") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "releases" ADD CONSTRAINT "releases_candidate_version_id_fkey" FOREIGN KEY ("candidate_version_id") REFERENCES "model_versions"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "releases" ADD CONSTRAINT "releases_incumbent_version_id_fkey" FOREIGN KEY ("incumbent_version_id") REFERENCES "model_versions"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "release_events" ADD CONSTRAINT "release_events_release_id_fkey" FOREIGN KEY ("release_id") REFERENCES "releases"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "observations" ADD CONSTRAINT "observations_release_id_fkey" FOREIGN KEY ("release_id") REFERENCES "releases"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "serving_periods" ADD CONSTRAINT "serving_periods_deployment_fkey" FOREIGN KEY ("deployment") REFERENCES "deployments"("name") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "serving_periods" ADD CONSTRAINT "serving_periods_version_id_fkey" FOREIGN KEY ("version_id") REFERENCES "model_versions"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "serving_periods" ADD CONSTRAINT "serving_periods_release_id_fkey" FOREIGN KEY ("release_id") REFERENCES "releases"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "version_quarantines" ADD CONSTRAINT "version_quarantines_version_id_fkey" FOREIGN KEY ("version_id") REFERENCES "model_versions"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- What was decided, and the policy that it was decided by, is only ever added to.
CREATE FUNCTION "refuse_release_record_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END;
$$;
CREATE TRIGGER "release_events_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "release_events"
    FOR EACH STATEMENT EXECUTE FUNCTION "refuse_release_record_change"();
CREATE TRIGGER "release_policies_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "release_policies"
    FOR EACH STATEMENT EXECUTE FUNCTION "refuse_release_record_change"();

-- What has served until now is known from the audit.
INSERT INTO "serving_periods" ("deployment", "version_id", "role", "share", "started_at", "ended_at", "started_by", "ended_by")
SELECT "deployment", "version_id", 'incumbent', 1, "at",
    CASE WHEN "next_at" IS NOT NULL THEN GREATEST("at", "next_at") END, 'audit-' || "id", 'audit-' || "next_id"
FROM (
    SELECT "subject" AS "deployment", "data"->>'to' AS "version_id", "at", "id",
        LEAD("at") OVER "changes" AS "next_at", LEAD("id") OVER "changes" AS "next_id"
    FROM "audit_entries" WHERE "action" IN ('deployment.promote', 'deployment.rollback')
    WINDOW "changes" AS (PARTITION BY "subject" ORDER BY "id")
) AS "changes"
WHERE EXISTS (SELECT 1 FROM "deployments" WHERE "name" = "deployment")
    AND EXISTS (SELECT 1 FROM "model_versions" WHERE "model_versions"."id" = "version_id");
