import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '#config';
import { CodedError } from '#errors';
import { Registry } from '#registry';
import { Traffic, type CompletionRecord } from '#registry/traffic';
import { CONFIG } from '../generator-tokens.js';
import { CompletionIds } from '../observations/completion-ids.js';

const MOST = 10;

/** What is known of a completion. */
export interface FoundCompletion {
  readonly record: Partial<CompletionRecord> & Pick<CompletionRecord, 'id' | 'at' | 'versionId' | 'arm'>;
  /** How many more there are of the same request id. */
  readonly others: number;
}

/** Finds which version wrote a completion. */
@Injectable()
export class FindCompletion {
  constructor(
    private readonly traffic: Traffic,
    private readonly ids: CompletionIds,
    private readonly registry: Registry,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * @param id of a completion or of its request
   * @throws completion_not_found
   */
  async find(id: string): Promise<FoundCompletion> {
    const [record, ...others] = await this.traffic.findCompletions(id, MOST);
    if (record !== undefined) return { record, others: others.length };
    const origin = this.ids.read(id);
    if (origin) {
      // The record is gone, or there never was one; the id itself says which arm of which release it came from.
      const release = await this.registry.releases.get(origin.releaseId);
      const versionId = origin.arm === 'candidate' ? release.candidateVersionId : release.incumbentVersionId;
      const at = new Date(origin.issuedAtMs);
      return { record: { id, at, versionId, arm: origin.arm, releaseId: release.id }, others: 0 };
    }
    const shown = JSON.stringify(id.slice(0, 200));
    const kept =
      this.config.completionRecordHours === 0
        ? 'No records are kept (COMPLETION_RECORD_HOURS is 0).'
        : `Records are kept for ${this.config.completionRecordHours} hours, and written within seconds.`;
    throw new CodedError(
      'completion_not_found',
      `No completion or request with the id ${shown} is on record. ${kept}`,
      {
        param: 'id',
      },
    );
  }
}
