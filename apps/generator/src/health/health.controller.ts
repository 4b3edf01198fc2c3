import { Controller, Get, Inject, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Config } from '#config';
import { Public, ServiceState } from '#observability';
import { CONFIG } from '../generator-tokens.js';
import { ModelHost } from '../models/model-host.js';

interface Readiness {
  readonly status: 'ready' | 'not_ready';
  readonly deployment: string;
  /** The version that the deployment is served by; null while there is none. */
  readonly model_version: string | null;
  readonly loaded_versions: readonly string[];
  /** Why the server is not ready, or why it does not serve the version that it should. */
  readonly problem: string | null;
}

/** Whether the process lives, and whether it can answer completions. */
@ApiTags('Health')
@Public()
@Controller('health')
export class HealthController {
  constructor(
    private readonly host: ModelHost,
    private readonly state: ServiceState,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Get('live')
  @ApiOperation({ summary: 'Answers as long as the process does' })
  live(): { status: 'live' } {
    return { status: 'live' };
  }

  @Get(['', 'ready'])
  @ApiOperation({
    summary: '200 once a version is loaded and warm; 503 before, and when the server is about to stop, with the reason',
  })
  ready(@Res({ passthrough: true }) reply: FastifyReply): Readiness {
    const version = this.host.incumbent?.version.id ?? null;
    const { isStopping } = this.state;
    const isReady = version !== null && !isStopping;
    void reply.code(isReady ? 200 : 503);
    return {
      status: isReady ? 'ready' : 'not_ready',
      deployment: this.config.deployment,
      model_version: version,
      loaded_versions: this.host.loadedIds,
      problem: isStopping ? 'The server is stopping.' : this.host.problem,
    };
  }
}
