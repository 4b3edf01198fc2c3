-- An observation that is written twice counts once; completions that a release served carry ids that every replica can check.

ALTER TABLE "observations" ADD COLUMN "key" TEXT;
CREATE UNIQUE INDEX "observations_key_key" ON "observations"("key");

CREATE TABLE "signing_keys" (
    "name" TEXT NOT NULL,
    "key" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "signing_keys_pkey" PRIMARY KEY ("name"),
    CONSTRAINT "signing_keys_key_check" CHECK (length("key") >= 32)
);
