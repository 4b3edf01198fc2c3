import { GraphSession, float32Tensor, type HostTensor } from '#tensor-graph';
import { buildDecodeGraph, buildPrefillGraph } from '../../bundle/serving-graphs.js';
import type { Parameters } from '../../model/parameters.js';
import { DecodeSession } from '../../sampling/decode-session.js';
import { BACKGROUND_ROWS, BackgroundScorer } from '../background-scorer.js';
import type { SamplingParameters } from '../completion-request.js';
import type { DecodeEnd, DecodeJob, SequenceRequest } from '../decode-job.js';
import { DecodeLoop, type JobHandle } from '../decode-loop.js';
import { PLAIN_SAMPLING } from '../plain-request.js';

/** A loop over parameters that were never trained. */
export interface DecodeStand {
  readonly loop: DecodeLoop;
  readonly session: DecodeSession;
  readonly background: BackgroundScorer;
}

/** One text to draw, in the words of a test. */
export interface DrawnText extends Partial<SamplingParameters> {
  readonly prompt?: readonly number[];
  readonly maxTokens?: number;
  readonly minTokens?: number;
  readonly ignoreEos?: boolean;
  readonly seed?: bigint;
  readonly logprobs?: number | null;
  readonly onToken?: SequenceRequest['onToken'];
}

/** A text under way. */
export interface Draw {
  readonly tokens: number[];
  readonly end: Promise<DecodeEnd>;
  readonly handle: JobHandle;
}

export async function openDecodeStand(parameters: Parameters, capacity: number): Promise<DecodeStand> {
  const { architecture } = parameters;
  const constantFeeds: Record<string, HostTensor> = {};
  for (const { name, shape } of parameters.specs) constantFeeds[name] = float32Tensor(parameters.view(name), shape);
  const decode = await GraphSession.create(buildDecodeGraph(architecture, 'fed'), { threads: 1 });
  const prefill = await GraphSession.create(buildPrefillGraph(architecture, 'fed'), { threads: 1 });
  const graphs = { decode, prefill, constantFeeds };
  const session = new DecodeSession(graphs, architecture, capacity);
  const background = await BackgroundScorer.create(new DecodeSession(graphs, architecture, BACKGROUND_ROWS));
  return { loop: await DecodeLoop.create(session, background), session, background };
}

/** What a job says of one text. */
export function sequenceOf(text: DrawnText, onEnd: SequenceRequest['onEnd']): SequenceRequest {
  const { seed = 1n, maxTokens = 8, minTokens = 0, ignoreEos = false, logprobs = null } = text;
  const onToken = text.onToken ?? (() => false);
  return { sampling: { ...PLAIN_SAMPLING, ...text }, seed, maxTokens, minTokens, ignoreEos, logprobs, onToken, onEnd };
}

/** Submits a job; the promise ends with it. */
export function submitJob(loop: DecodeLoop, job: Partial<DecodeJob>): { ended: Promise<void>; handle: JobHandle } {
  let handle: JobHandle = { cancel: () => undefined };
  const ended = new Promise<void>((resolve, reject) => {
    const whole = { prompt: [1], promptScores: null, sequences: [], beam: null, ...job };
    handle = loop.submit({ ...whole, onFinished: resolve, onFailed: reject });
  });
  return { ended, handle };
}

/** Draws one text and collects its tokens. */
export function draw(loop: DecodeLoop, text: DrawnText = {}): Draw {
  const tokens: number[] = [];
  let end: DecodeEnd = 'length';
  const onToken: SequenceRequest['onToken'] = (id, score) => {
    tokens.push(id);
    return text.onToken?.(id, score) ?? false;
  };
  const sequence = sequenceOf({ ...text, onToken }, (reason) => (end = reason));
  const { ended, handle } = submitJob(loop, { prompt: text.prompt ?? [1], sequences: [sequence] });
  return { tokens, end: ended.then(() => end), handle };
}

/** The tokens of a text, when it has ended. */
export async function tokensOf(loop: DecodeLoop, text: DrawnText = {}): Promise<number[]> {
  const { tokens, end } = draw(loop, text);
  await end;
  return tokens;
}
