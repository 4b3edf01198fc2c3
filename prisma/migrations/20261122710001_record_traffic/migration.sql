-- What replicas answered, in slices of 15 seconds, and which version wrote which completion; both are kept for a while only.

CREATE TABLE "traffic_slices" (
    "replica_id" TEXT NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "deployment" TEXT NOT NULL,
    "requests" INTEGER NOT NULL,
    "failed" INTEGER NOT NULL,
    "cancelled" INTEGER NOT NULL,
    "prompt_tokens" INTEGER NOT NULL,
    "completion_tokens" INTEGER NOT NULL,
    "latency_counts" INTEGER[] NOT NULL,

    CONSTRAINT "traffic_slices_pkey" PRIMARY KEY ("replica_id", "started_at")
);

CREATE INDEX "traffic_slices_started_at_idx" ON "traffic_slices"("started_at");

CREATE TABLE "completion_records" (
    "id" TEXT NOT NULL,
    "request_id" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "replica_id" TEXT NOT NULL,
    "deployment" TEXT NOT NULL,
    "model" TEXT NOT NULL,
    "version_id" TEXT NOT NULL,
    "arm" TEXT NOT NULL,
    "release_id" TEXT,
    "key_id" TEXT NOT NULL,
    "outcome" TEXT NOT NULL,
    "prompt_tokens" INTEGER NOT NULL,
    "completion_tokens" INTEGER NOT NULL,
    "total_ms" DOUBLE PRECISION NOT NULL,

    CONSTRAINT "completion_records_pkey" PRIMARY KEY ("id")
);

CREATE INDEX "completion_records_request_id_idx" ON "completion_records"("request_id");

CREATE INDEX "completion_records_at_idx" ON "completion_records"("at");
