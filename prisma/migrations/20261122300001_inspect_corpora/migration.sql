-- A file is looked at after it was uploaded: documents, near duplicates, coverage, and whether it is enough for each preset.

ALTER TABLE "corpora"
    ADD COLUMN "status" TEXT NOT NULL DEFAULT 'uploaded',
    ADD COLUMN "error_code" TEXT,
    ADD COLUMN "error_message" TEXT,
    ADD COLUMN "report" JSONB,
    ADD CONSTRAINT "corpora_status_check" CHECK ("status" IN ('uploaded', 'processed', 'error')),
    ADD CONSTRAINT "corpora_error_check" CHECK (("status" = 'error') = ("error_code" IS NOT NULL));

UPDATE "corpora" SET "status" = 'processed' WHERE "purpose" <> 'fine-tune';

-- What has still to be looked at.
CREATE INDEX "corpora_uploaded_idx" ON "corpora"("created_at", "id") WHERE "status" = 'uploaded' AND "deleted_at" IS NULL;
