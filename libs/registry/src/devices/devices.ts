import type { Database } from '#database';
import { releaseDevice, renewDevice, takeDevice } from './device-lease.repository.js';

/** Who may compute on which device. What is asked for and given stands in the file that it is imported from. */
export class Devices {
  readonly #database: Database;

  /** @param database opened, migrated and closed by the caller */
  constructor(database: Database) {
    this.#database = database;
  }

  take(device: string, holder: string, leaseMs: number): Promise<boolean> {
    return this.#database.query((client) => takeDevice(client, device, holder, leaseMs));
  }

  renew(device: string, holder: string, leaseMs: number): Promise<boolean> {
    return this.#database.query((client) => renewDevice(client, device, holder, leaseMs));
  }

  release(device: string, holder: string): Promise<void> {
    return this.#database.query((client) => releaseDevice(client, device, holder));
  }
}
