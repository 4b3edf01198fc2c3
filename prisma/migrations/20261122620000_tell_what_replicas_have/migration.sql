-- A replica tells every version that it has ready, and what keeps it from serving what it should.

ALTER TABLE "replicas" ADD COLUMN "loaded_version_ids" TEXT[] DEFAULT ARRAY[]::TEXT[];
ALTER TABLE "replicas" ADD COLUMN "problem" TEXT;
