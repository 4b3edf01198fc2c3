import { CodedError } from '#errors';
import { readBundle, type BundleConfig } from '../bundle/read-bundle.js';
import { DOCUMENT_ID, type Tokenizer } from '../tokenizer/index.js';
import { DecodeLoop } from './decode-loop.js';
import { DecodeSession } from './decode-session.js';
import type { SamplingParameters } from './sample-token.js';
import { StopMatcher } from './stop-matcher.js';

/** How a bundle is served. */
export interface CompletionEngineOptions {
  /** Threads for one step; 0 = one per core. */
  readonly threads: number;
  /** Sequences generated side by side. */
  readonly maxBatchSize: number;
  /** Sequences that may wait for a place; more are refused. */
  readonly maxQueued: number;
}

/** One text to complete. */
export interface CompletionRequest extends SamplingParameters {
  /** Text, token ids, or null for the beginning of a document. */
  readonly prompt: string | readonly number[] | null;
  readonly maxTokens: number;
  readonly seed: bigint;
  /** Strings that end the text and are not part of it. */
  readonly stop: readonly string[];
}

/** What a completion returns, and what it cost. */
export interface CompletionResult {
  readonly text: string;
  readonly finishReason: 'stop' | 'length';
  readonly promptTokens: number;
  readonly completionTokens: number;
}

/** A completion's text as it comes, and how to stop it. */
export interface CompletionOptions {
  readonly onText?: (delta: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** One loaded model version that completes texts. The owner calls `close`. */
export class CompletionEngine {
  private constructor(
    readonly config: BundleConfig,
    readonly tokenizer: Tokenizer,
    private readonly loop: DecodeLoop,
  ) {}

  /**
   * Loads a bundle.
   * @throws bundle_corrupt when it cannot be read
   */
  static async open(bundleFolder: string, options: CompletionEngineOptions): Promise<CompletionEngine> {
    const bundle = await readBundle(bundleFolder);
    const { threads, maxBatchSize, maxQueued } = options;
    const graphs = {
      decode: await bundle.session('decode.onnx', threads),
      prefill: await bundle.session('prefill.onnx', threads),
    };
    const session = new DecodeSession(graphs, bundle.architecture, maxBatchSize);
    const loop = new DecodeLoop(session, bundle.architecture.vocabularySize, { maxQueued });
    return new CompletionEngine(bundle.config, bundle.tokenizer, loop);
  }

  /** Sequences being generated or waiting. */
  get liveSequences(): number {
    return this.loop.pending;
  }

  /** Decode steps made since the engine was opened. */
  get decodeSteps(): number {
    return this.loop.steps;
  }

  /** Runs both graphs once, so that the first request does not pay for allocation. */
  async warmUp(): Promise<void> {
    const prompt = [this.tokenizer.documentId, this.tokenizer.documentId];
    await this.complete({ prompt, maxTokens: 2, temperature: 1, topP: 1, topK: 0, seed: 0n, stop: [] });
  }

  /**
   * Completes one text.
   * @throws invalid_value for a token id outside the vocabulary, server_is_overloaded, or the signal's reason
   */
  async complete(request: CompletionRequest, options: CompletionOptions = {}): Promise<CompletionResult> {
    const prompt = this.promptTokens(request.prompt);
    const decoder = this.tokenizer.createStreamDecoder(
      prompt,
      typeof request.prompt === 'string' ? request.prompt : '',
    );
    const matcher = new StopMatcher(request.stop);
    const pieces: string[] = [];
    const emit = (text: string): void => {
      if (text === '') return;
      pieces.push(text);
      options.onText?.(text);
    };
    let completionTokens = 0;
    const end = await this.loop.submit({
      ...request,
      prompt: [DOCUMENT_ID, ...prompt],
      signal: options.signal,
      onToken: (id) => {
        completionTokens++;
        if (id === DOCUMENT_ID) return true;
        emit(matcher.push(decoder.push(id)));
        return matcher.stopped;
      },
    });
    emit(matcher.end());
    const finishReason = end === 'stopped' ? 'stop' : 'length';
    return { text: pieces.join(''), finishReason, promptTokens: prompt.length, completionTokens };
  }

  /** Refuses new texts, waits for those under way, then frees the model. */
  async close(): Promise<void> {
    await this.loop.close();
  }

  private promptTokens(prompt: CompletionRequest['prompt']): readonly number[] {
    if (prompt === null) return [];
    if (typeof prompt === 'string') return this.tokenizer.encode(prompt);
    const { vocabularySize } = this.config;
    const wrong = prompt.find((id) => !Number.isInteger(id) || id < 0 || id >= vocabularySize);
    if (wrong !== undefined) {
      throw new CodedError(
        'invalid_value',
        `prompt: token ids run from 0 to ${vocabularySize - 1}, ${wrong} was given.`,
        { param: 'prompt' },
      );
    }
    return prompt;
  }
}
