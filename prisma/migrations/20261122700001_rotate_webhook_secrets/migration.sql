-- The secret of a webhook can be replaced while its receiver still checks the one before.

ALTER TABLE "webhooks" ADD COLUMN "previous_secret" TEXT;
ALTER TABLE "webhooks" ADD COLUMN "previous_secret_until" TIMESTAMPTZ(3);
