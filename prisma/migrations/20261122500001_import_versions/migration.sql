-- A version may come from elsewhere instead of from a run; then its text is not known here.

ALTER TABLE "model_versions" ALTER COLUMN "training_run_id" DROP NOT NULL;
ALTER TABLE "model_versions" ALTER COLUMN "data_sha256" DROP NOT NULL;
ALTER TABLE "model_versions" ADD COLUMN "imported_from" JSONB;
ALTER TABLE "model_versions" ADD CONSTRAINT "model_versions_origin_check" CHECK (("training_run_id" IS NULL) = ("imported_from" IS NOT NULL));
