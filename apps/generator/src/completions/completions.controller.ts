import { Body, Controller, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { PinoLogger } from 'nestjs-pino';
import type { Config } from '#config';
import { addToRequestLog, CurrentApiKey, requestTrace, RequireScope, type ApiKeyIdentity } from '#observability';
import { CONFIG } from '../generator-tokens.js';
import { beginEventStream } from './begin-event-stream.js';
import { Completer } from './completer.js';
import { CompletionAnswers } from './completion-docs.js';
import { requestLogFields } from './completion-log.js';
import { CompletionRequestDto } from './completion-request.dto.js';
import { completionHead, completionResponse } from './completion-shape.js';
import { streamCompletion } from './completion-stream.js';
import type { CompletionTask } from './completion-task.js';
import type { Generation } from './generation.js';

/** `POST /v1/completions`: the legacy completions endpoint of the OpenAI protocol. */
@ApiTags('Completions')
@RequireScope('completions')
@Controller('v1/completions')
export class CompletionsController {
  constructor(
    private readonly completer: Completer,
    private readonly logger: PinoLogger,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({ summary: 'Continue one or more prompts' })
  @CompletionAnswers()
  async create(
    @Body() dto: CompletionRequestDto,
    @CurrentApiKey() owner: ApiKeyIdentity,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const clientGone = abortWhenClosed(reply);
    const task = await this.#admit(dto, owner, request, reply);
    try {
      await (task.request.stream
        ? this.#stream(task, clientGone, request, reply)
        : this.#answer(task, clientGone, request, reply));
    } catch (error) {
      this.#log(task, request, null);
      // Nobody is left to be told.
      if (!clientGone.aborted) throw error;
      reply.hijack();
    }
  }

  async #admit(
    dto: CompletionRequestDto,
    owner: ApiKeyIdentity,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<CompletionTask> {
    try {
      const task = await this.completer.admit(dto, {
        owner,
        requestId: request.id,
        trace: requestTrace(request.raw),
      });
      this.#log(task, request, null);
      void reply.headers({ 'x-model-version': task.context.loaded.version.id, 'x-release-arm': task.context.arm });
      const warnings = task.request.warnings.map((warning) => `299 - ${JSON.stringify(warning)}`);
      if (warnings.length > 0) void reply.header('warning', warnings.join(', '));
      return task;
    } finally {
      // Also where it is refused, and with what this request has taken.
      void reply.headers(this.completer.limitHeaders(owner));
    }
  }

  async #answer(
    task: CompletionTask,
    signal: AbortSignal,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    const generation = await task.run({ signal });
    this.#log(task, request, generation);
    await reply.send(completionResponse(completionHead(task.context.completionId, task.context.loaded), generation));
  }

  async #stream(
    task: CompletionTask,
    signal: AbortSignal,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    await streamCompletion({
      head: completionHead(task.context.completionId, task.context.loaded),
      includeUsage: task.request.includeUsage,
      includeObfuscation: task.request.includeObfuscation,
      keepAliveMs: this.config.streamKeepAliveMs,
      begin: () => beginEventStream(reply),
      run: async (onDelta) => {
        const generation = await task.run({ signal, onDelta });
        this.#log(task, request, generation);
        return generation;
      },
      onLateFailure: (error) => {
        this.#log(task, request, null);
        if (signal.aborted) return;
        this.logger.error({ err: error, reqId: request.id }, 'completion failed inside its stream');
      },
    });
  }

  #log(task: CompletionTask, { raw }: FastifyRequest, generation: Generation | null): void {
    addToRequestLog(raw, requestLogFields(task, this.config.logPrompts ? generation : null));
  }
}

/** Aborts when the connection closes before the answer is complete. */
function abortWhenClosed(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort();
  });
  if (reply.raw.destroyed) controller.abort();
  return controller.signal;
}
