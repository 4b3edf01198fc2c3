import { Gauge, type Registry } from 'prom-client';

/** What a service uses up. */
export interface Resources {
  /** Connections of the database pool. */
  readonly pool: { readonly totalCount: number; readonly idleCount: number; readonly waitingCount: number };
  /** Folders by name, each with a reading of the disk that it is on; null where it cannot be read. */
  readonly disks: Readonly<Record<string, () => Promise<DiskReading | null>>>;
}

interface DiskReading {
  readonly freeBytes: number;
  readonly sizeBytes: number;
}

/** Shows the connections of a service's database pool and the room on its disks, read when they are asked for. */
export function measureResources(registry: Registry, { pool, disks }: Resources): void {
  const registers = [registry];
  const connections: Gauge<'state'> = new Gauge({
    name: 'understudy_database_connections',
    help: 'Connections of the database pool, busy or idle, and queries that wait for one.',
    labelNames: ['state'],
    registers,
    collect: () => {
      connections.set({ state: 'busy' }, pool.totalCount - pool.idleCount);
      connections.set({ state: 'idle' }, pool.idleCount);
      connections.set({ state: 'waiting' }, pool.waitingCount);
    },
  });
  const disk = (name: string, help: string, valueOf: (reading: DiskReading) => number): void => {
    const gauge: Gauge<'folder'> = new Gauge({
      name,
      help,
      labelNames: ['folder'],
      registers,
      collect: async () => {
        gauge.reset();
        for (const [folder, read] of Object.entries(disks)) {
          const reading = await read();
          if (reading !== null) gauge.set({ folder }, valueOf(reading));
        }
      },
    });
  };
  disk('understudy_disk_free_bytes', 'Room on the disk of a folder.', ({ freeBytes }) => freeBytes);
  disk('understudy_disk_size_bytes', 'Size of the disk of a folder.', ({ sizeBytes }) => sizeBytes);
}
