import { Global, Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { ArtifactStore } from '#artifacts';
import type { Config } from '#config';
import type { Database } from '#database';
import { Registry } from '#registry';
import { Traffic } from '#registry/traffic';
import { CONFIG, DATABASE } from './generator-tokens.js';

/** What the generator keeps nothing of itself in. */
export interface Storage {
  readonly config: Config;
  readonly database: Database;
  readonly registry: Registry;
  readonly store: ArtifactStore;
}

/** The registry and the artifact store. Being imported by the generator, it is shut down after it. */
@Global()
@Module({})
export class StorageModule implements OnApplicationShutdown {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    private readonly store: ArtifactStore,
  ) {}

  static forRoot({ config, database, registry, store }: Storage): DynamicModule {
    return {
      module: StorageModule,
      providers: [
        { provide: CONFIG, useValue: config },
        { provide: DATABASE, useValue: database },
        { provide: Registry, useValue: registry },
        { provide: Traffic, useValue: new Traffic(database) },
        { provide: ArtifactStore, useValue: store },
      ],
      exports: [CONFIG, DATABASE, Registry, Traffic, ArtifactStore],
    };
  }

  onApplicationShutdown(): Promise<void> {
    this.store.close();
    return this.database.close();
  }
}
