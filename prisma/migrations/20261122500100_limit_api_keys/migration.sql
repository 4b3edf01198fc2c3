-- What a key may use; null takes the default of the server.

ALTER TABLE "api_keys" ADD COLUMN "requests_per_minute" INTEGER;
ALTER TABLE "api_keys" ADD COLUMN "tokens_per_minute" INTEGER;
ALTER TABLE "api_keys" ADD COLUMN "concurrent_requests" INTEGER;
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_limits_check" CHECK ("requests_per_minute" >= 0 AND "tokens_per_minute" >= 0 AND "concurrent_requests" >= 0);
