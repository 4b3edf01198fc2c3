import { Body, Controller, Get, HttpCode, Inject, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Config } from '#config';
import { CodedError } from '#errors';
import { RequireScope } from '#observability';
import { CONFIG } from '../generator-tokens.js';
import type { LoadedVersion } from '../models/loaded-version.js';
import { ModelHost } from '../models/model-host.js';
import { DetokenizeDto, TokenizeDto, TokenizerQueryDto } from './tokenize.dto.js';

type Tokenizer = LoadedVersion['engine']['tokenizer'];

/** The tokenizer of a model: what evaluation harnesses need to score texts. Paths and fields are those of vLLM. */
@ApiTags('Tokenizer')
@RequireScope('completions')
@Controller()
export class TokenizerController {
  constructor(
    private readonly host: ModelHost,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Post('tokenize')
  @HttpCode(200)
  @ApiOperation({ summary: 'Turn a text into the token ids that a completion would read' })
  tokenize(@Body() { model, prompt, add_special_tokens, return_token_strs }: TokenizeDto): Promise<object> {
    return this.#with(model, async (tokenizer) => {
      const ids = await tokenizer.encodeInTurns(prompt);
      const tokens = add_special_tokens === true ? [tokenizer.documentId, ...ids] : ids;
      return {
        count: tokens.length,
        max_model_len: this.config.maxPromptTokens,
        tokens,
        token_strs: return_token_strs === true ? tokens.map((id) => tokenizer.tokenText(id)) : null,
      };
    });
  }

  @Post('detokenize')
  @HttpCode(200)
  @ApiOperation({ summary: 'Turn token ids into text' })
  detokenize(@Body() { model, tokens }: DetokenizeDto): Promise<object> {
    return this.#with(model, (tokenizer) => {
      const wrong = tokens.find((id) => id >= tokenizer.vocabularySize);
      if (wrong !== undefined) {
        throw new CodedError(
          'invalid_value',
          `tokens: token ids run from 0 to ${tokenizer.vocabularySize - 1} in this model. Got ${wrong}.`,
          { param: 'tokens' },
        );
      }
      return { prompt: tokenizer.decode(tokens) };
    });
  }

  @Get('tokenizer_info')
  @ApiOperation({ summary: 'What kind of tokenizer a model has, and its special tokens' })
  info(@Query() { model }: TokenizerQueryDto): Promise<object> {
    return this.#with(model, (tokenizer) => {
      const document = tokenizer.tokenText(tokenizer.documentId);
      return {
        tokenizer_class: 'understudy-tokenizer',
        mode: tokenizer.mode,
        vocab_size: tokenizer.vocabularySize,
        // One token begins every document and ends it when it is generated.
        bos_token: document,
        bos_token_id: tokenizer.documentId,
        eos_token: document,
        eos_token_id: tokenizer.documentId,
        unk_token: tokenizer.tokenText(tokenizer.unknownId),
        unk_token_id: tokenizer.unknownId,
        pad_token: null,
        model_max_length: this.config.maxPromptTokens,
        chat_template: null,
      };
    });
  }

  /** @throws model_not_found, no_model_ready */
  async #with<T>(model: string | null | undefined, use: (tokenizer: Tokenizer) => T | Promise<T>): Promise<T> {
    const { loaded, release } = await this.host.lease(model ?? this.config.deployment);
    try {
      return await use(loaded.engine.tokenizer);
    } finally {
      release();
    }
  }
}
