-- How a release stood over time, for drawing it, and how long the requests of each arm took.

CREATE TABLE "release_points" (
    "release_id" TEXT NOT NULL,
    "position" BIGINT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "stage_index" INTEGER NOT NULL,
    "data" JSONB NOT NULL,

    CONSTRAINT "release_points_pkey" PRIMARY KEY ("release_id", "position")
);

ALTER TABLE "release_points" ADD CONSTRAINT "release_points_release_id_fkey" FOREIGN KEY ("release_id") REFERENCES "releases"("id") ON DELETE CASCADE ON UPDATE CASCADE;

ALTER TABLE "observations" ADD COLUMN "duration_ms" DOUBLE PRECISION;
