import { Global, Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { FolderArtifactStore } from '#artifacts';
import type { Config } from '#config';
import type { Database } from '#database';
import { Registry } from '#registry';
import { CONFIG, DATABASE } from './generator-tokens.js';

/** What the generator keeps nothing of itself in. */
export interface Storage {
  readonly config: Config;
  readonly database: Database;
  readonly registry: Registry;
}

/** The registry and the artifact store. Being imported by the generator, it is shut down after it. */
@Global()
@Module({})
export class StorageModule implements OnApplicationShutdown {
  constructor(@Inject(DATABASE) private readonly database: Database) {}

  static forRoot({ config, database, registry }: Storage): DynamicModule {
    return {
      module: StorageModule,
      providers: [
        { provide: CONFIG, useValue: config },
        { provide: DATABASE, useValue: database },
        { provide: Registry, useValue: registry },
        { provide: FolderArtifactStore, useValue: new FolderArtifactStore(config.artifactDir) },
      ],
      exports: [CONFIG, DATABASE, Registry, FolderArtifactStore],
    };
  }

  onApplicationShutdown(): Promise<void> {
    return this.database.close();
  }
}
