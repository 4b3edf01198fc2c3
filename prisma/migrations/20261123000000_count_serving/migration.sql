-- Counts the changes of what serves a deployment, so that a replica can tell an older notification from a newer one.
ALTER TABLE "deployments" ADD COLUMN "serving_revision" INTEGER NOT NULL DEFAULT 0;
