import { Body, Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { PinoLogger } from 'nestjs-pino';
import { RequireScope } from '#observability';
import { Completer } from './completer.js';
import { CompletionRequestDto } from './completion-request.dto.js';
import { completionHead, completionResponse } from './completion-shape.js';
import { streamCompletion } from './completion-stream.js';
import type { CompletionTask } from './completion-task.js';

/** `POST /v1/completions`: the legacy completions endpoint of the OpenAI protocol. */
@ApiTags('Completions')
@RequireScope('completions')
@Controller('v1/completions')
export class CompletionsController {
  constructor(
    private readonly completer: Completer,
    private readonly logger: PinoLogger,
  ) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({ summary: 'Continue one or more prompts' })
  @ApiProduces('application/json', 'text/event-stream')
  @ApiOkResponse({
    description: 'A text_completion object, or with "stream" its chunks as server-sent events, closed by [DONE].',
  })
  async create(
    @Body() dto: CompletionRequestDto,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const task = await this.completer.admit(dto);
    const clientGone = abortWhenClosed(reply);
    void reply.header('x-model-version', task.loaded.version.id);
    for (const warning of task.request.warnings) void reply.header('warning', `299 - ${JSON.stringify(warning)}`);
    try {
      await (task.request.stream
        ? this.#stream(task, clientGone, request, reply)
        : this.#answer(task, clientGone, reply));
    } catch (error) {
      // Nobody is left to be told.
      if (!clientGone.aborted) throw error;
      reply.hijack();
    }
  }

  async #answer(task: CompletionTask, signal: AbortSignal, reply: FastifyReply): Promise<void> {
    const generation = await task.run({ signal });
    await reply.send(completionResponse(completionHead(task.loaded), generation));
  }

  async #stream(
    task: CompletionTask,
    signal: AbortSignal,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    const events = await streamCompletion({
      head: completionHead(task.loaded),
      run: (options) => task.run(options),
      signal,
      onLateFailure: (error) =>
        this.logger.error({ err: error, reqId: request.id }, 'completion failed inside its stream'),
    });
    await reply
      .headers({
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-cache',
        'x-accel-buffering': 'no',
      })
      .send(events);
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
