-- Upgrade experiments whose verdict opens a release.

ALTER TABLE "upgrade_experiments" ADD COLUMN "release_deployment" TEXT;
ALTER TABLE "upgrade_experiments" ADD COLUMN "release_policy" TEXT;
ALTER TABLE "upgrade_experiments" ADD COLUMN "release_id" TEXT;
ALTER TABLE "upgrade_experiments" ADD CONSTRAINT "upgrade_experiments_release_check" CHECK (("release_deployment" IS NULL) = ("release_policy" IS NULL) AND ("release_id" IS NULL OR ("release_deployment" IS NOT NULL AND "verdict" = 'upgrade')));

CREATE UNIQUE INDEX "upgrade_experiments_release_id_key" ON "upgrade_experiments"("release_id");
ALTER TABLE "upgrade_experiments" ADD CONSTRAINT "upgrade_experiments_release_id_fkey" FOREIGN KEY ("release_id") REFERENCES "releases"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
