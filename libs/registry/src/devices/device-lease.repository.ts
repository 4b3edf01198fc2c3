import type { Transaction } from '#database';

/** Gives a device to `holder` unless somebody else has it, by the database's clock; `true` when it is the holder's. */
export async function takeDevice(
  client: Transaction,
  device: string,
  holder: string,
  leaseMs: number,
): Promise<boolean> {
  const changed = await client.$executeRaw`
    INSERT INTO "device_leases" AS "lease" ("device", "holder", "expires_at")
    VALUES (${device}, ${holder}, now() + ${leaseMs} * interval '1 millisecond')
    ON CONFLICT ("device") DO UPDATE SET "holder" = EXCLUDED."holder", "expires_at" = EXCLUDED."expires_at"
    WHERE "lease"."holder" = EXCLUDED."holder" OR "lease"."expires_at" <= now()`;
  return changed > 0;
}

/** `false` when the device is no longer the holder's. A lease that has run out and that nobody took can be renewed. */
export async function renewDevice(
  client: Transaction,
  device: string,
  holder: string,
  leaseMs: number,
): Promise<boolean> {
  const changed = await client.$executeRaw`
    UPDATE "device_leases" SET "expires_at" = now() + ${leaseMs} * interval '1 millisecond'
    WHERE "device" = ${device} AND "holder" = ${holder}`;
  return changed > 0;
}

/** Changes nothing when the device is not the holder's. */
export async function releaseDevice(client: Transaction, device: string, holder: string): Promise<void> {
  await client.$executeRaw`DELETE FROM "device_leases" WHERE "device" = ${device} AND "holder" = ${holder}`;
}
