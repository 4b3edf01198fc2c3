import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Config } from '#config';
import { RequireScope } from '#observability';
import { Registry } from '#registry';
import { CONFIG } from '../generator-tokens.js';
import { REPLICA_STATES, replicaState } from '../models/replica-state.js';
import { unixSeconds } from '../unix-seconds.js';
import { about, AnswersList, arrayOf, FIELD, nullable, objectSchema, oneOf } from './admin-docs.js';
import { listObject, PageQueryDto, pageRequest, type ListObject } from './page-query.dto.js';

const REPLICA = objectSchema('replica', {
  id: FIELD.text,
  host: FIELD.text,
  pid: FIELD.count,
  port: FIELD.count,
  deployment: FIELD.text,
  version: nullable(about(FIELD.text, 'The version that it serves; null while it has none.')),
  loaded: about(arrayOf(FIELD.text), 'Every version that it has in memory, ready to serve.'),
  problem: nullable(about(FIELD.text, 'Why it does not serve, or cannot load, what it should; null when all is well.')),
  state: about(
    oneOf([...REPLICA_STATES]),
    'lost: it has not reported for REPLICA_LOST_AFTER_MS; it was killed, or cannot reach the database.',
  ),
  ready: about(FIELD.flag, 'Whether it answers requests; false of one that is lost.'),
  reported_at: FIELD.time,
});

/** Which generators run, and what each has loaded. */
@ApiTags('Administration')
@RequireScope('admin')
@Controller('v1/admin/replicas')
export class ReplicasController {
  constructor(
    private readonly registry: Registry,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Get()
  @ApiOperation({ summary: 'List replicas, the version that each of them serves, and all that it has loaded' })
  @AnswersList(REPLICA)
  async list(@Query() query: PageQueryDto): Promise<ListObject<object>> {
    const { replicaLostAfterMs } = this.config;
    return listObject(await this.registry.listReplicas(pageRequest(query)), (replica) =>
      replicaObject(replica, replicaState(replica, replicaLostAfterMs)),
    );
  }
}

type Replica = Awaited<ReturnType<Registry['listReplicas']>>['items'][number];

function replicaObject(replica: Replica, state: ReturnType<typeof replicaState>): object {
  return {
    object: 'replica',
    id: replica.id,
    host: replica.host,
    pid: replica.pid,
    port: replica.port,
    deployment: replica.deployment,
    version: replica.versionId,
    loaded: replica.loadedVersionIds,
    problem: replica.problem,
    state,
    ready: replica.ready && state !== 'lost',
    reported_at: unixSeconds(replica.reportedAt),
  };
}
