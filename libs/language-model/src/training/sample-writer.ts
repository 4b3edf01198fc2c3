import { GraphSession, float32Tensor, type HostTensor } from '#tensor-graph';
import { buildDecodeGraph, buildPrefillGraph } from '../bundle/serving-graphs.js';
import type { Architecture } from '../model/architecture.js';
import type { Parameters } from '../model/parameters.js';
import { DecodeLoop } from '../decoding/decode-loop.js';
import { PLAIN_SAMPLING } from '../decoding/plain-request.js';
import { DecodeSession } from '../sampling/decode-session.js';
import { DOCUMENT_ID, type Tokenizer } from '../tokenizer/index.js';

/** Tokens of a sample. */
const SAMPLE_TOKENS = 40;
const SAMPLING = { ...PLAIN_SAMPLING, temperature: 0.8, topP: 0.95 };

/** Writes sample texts with parameters that are still being trained, by the graphs that will serve them. The owner calls `dispose`. */
export class SampleWriter {
  private constructor(
    private readonly tokenizer: Tokenizer,
    private readonly architecture: Architecture,
    private readonly graphs: { decode: GraphSession; prefill: GraphSession },
  ) {}

  static async create(tokenizer: Tokenizer, architecture: Architecture, threads: number): Promise<SampleWriter> {
    const decode = await GraphSession.create(buildDecodeGraph(architecture, 'fed'), { threads });
    const prefill = await GraphSession.create(buildPrefillGraph(architecture, 'fed'), { threads });
    return new SampleWriter(tokenizer, architecture, { decode, prefill });
  }

  /** The beginning of a document, as the model writes it. The same parameters write the same text. */
  async write(parameters: Parameters): Promise<string> {
    const constantFeeds: Record<string, HostTensor> = {};
    for (const { name, shape } of parameters.specs) constantFeeds[name] = float32Tensor(parameters.view(name), shape);
    const session = new DecodeSession({ ...this.graphs, constantFeeds }, this.architecture, 1);
    const loop = await DecodeLoop.create(session);
    const ids: number[] = [];
    await new Promise<void>((resolve, reject) => {
      loop.submit({
        prompt: [DOCUMENT_ID],
        promptScores: null,
        sequences: [
          {
            sampling: SAMPLING,
            seed: 0n,
            maxTokens: SAMPLE_TOKENS,
            minTokens: 0,
            ignoreEos: false,
            logprobs: null,
            onToken: (id) => (id === DOCUMENT_ID ? true : ids.push(id) === 0),
            onEnd: () => undefined,
          },
        ],
        beam: null,
        onFinished: resolve,
        onFailed: reject,
      });
    });
    return this.tokenizer.decode(ids).trim();
  }

  async dispose(): Promise<void> {
    await this.graphs.decode.dispose();
    await this.graphs.prefill.dispose();
  }
}
