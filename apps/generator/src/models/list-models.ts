import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '#config';
import { isCodedError } from '#errors';
import {
  Registry,
  type Checkpoint,
  type ModelVersion,
  type Page,
  type PageRequest,
  type ServableModel,
} from '#registry';
import { CONFIG } from '../generator-tokens.js';
import { unixSeconds } from '../unix-seconds.js';

/** A name that a request may use as `model`. */
export interface ModelObject {
  readonly id: string;
  readonly object: 'model';
  /** Unix time in seconds at which the version behind it was registered. */
  readonly created: number;
  readonly owned_by: 'understudy';
  /** The version that a request with this name gets. */
  readonly version: string;
}

/** Names of models and what they stand for. */
@Injectable()
export class ListModels {
  constructor(
    private readonly registry: Registry,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** The deployment, its aliases and the presets, then every version and every checkpoint, the newest first. */
  async all(): Promise<readonly ModelObject[]> {
    const versions = await this.#versions();
    const names = new Set([
      this.config.deployment,
      ...Object.keys(this.config.modelAliases),
      ...versions.map(({ preset }) => preset),
    ]);
    const named = await Promise.all([...names].map((name) => this.#named(name)));
    const checkpoints = (await this.#checkpoints()).map((checkpoint) => ({ ...checkpoint, id: checkpoint.modelId }));
    return [
      ...named.filter((model) => model !== null),
      ...[...versions, ...checkpoints].map((model) => modelObject(model.id, model)),
    ];
  }

  /** @throws model_not_found */
  async one(name: string): Promise<ModelObject> {
    return modelObject(name, await this.registry.resolveModel(name));
  }

  /** `null` for a name that stands for nothing yet, such as a deployment before its first promotion. */
  async #named(name: string): Promise<ModelObject | null> {
    try {
      return await this.one(name);
    } catch (error) {
      if (isCodedError(error, 'model_not_found') || isCodedError(error, 'no_model_ready')) return null;
      throw error;
    }
  }

  async #versions(): Promise<readonly ModelVersion[]> {
    const versions = await everyPage((request) => this.registry.listModelVersions(request));
    return versions.filter((version) => version.state !== 'rejected');
  }

  #checkpoints(): Promise<readonly Checkpoint[]> {
    return everyPage((request) => this.registry.checkpoints.list(request));
  }
}

async function everyPage<T extends { readonly id: string }>(
  list: (request: PageRequest) => Promise<Page<T>>,
): Promise<readonly T[]> {
  const items: T[] = [];
  for (let hasMore = true; hasMore;) {
    const page = await list({ limit: 100, after: items.at(-1)?.id });
    items.push(...page.items);
    hasMore = page.hasMore;
  }
  return items;
}

function modelObject(id: string, version: ServableModel): ModelObject {
  return { id, object: 'model', created: unixSeconds(version.createdAt), owned_by: 'understudy', version: version.id };
}
