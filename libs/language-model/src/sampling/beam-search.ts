import { DOCUMENT_ID } from '../tokenizer/token-forms.js';
import type { PositionScore, ScoredToken } from './token-scorer.js';

/** What is searched for, and how widely. */
export interface BeamSearchOptions {
  /** Beams kept after each token. */
  readonly width: number;
  /** Texts are ranked by the sum of their log-probabilities over their length to this power; 0 = by the sum. */
  readonly lengthPenalty: number;
  /** Texts to return, at most `width`. */
  readonly choices: number;
  readonly maxTokens: number;
  /** Until so many tokens a text does not end. */
  readonly minTokens: number;
  /** Texts end at `maxTokens` only (and where `ends` says so). */
  readonly ignoreEos: boolean;
}

/** A text that was found. */
export interface Hypothesis {
  /** Without the document token that ended it. */
  readonly tokens: readonly number[];
  /** Of each token, by the model. */
  readonly logprobs: readonly number[];
  /** The most probable tokens at each position, as they were handed in. */
  readonly top: readonly (readonly ScoredToken[])[];
  /** Log-probability of the whole, its end included, over its length (the end counts as a token) to the length penalty. */
  readonly score: number;
  readonly finishReason: 'stop' | 'length';
}

/** Which beams live on: the i-th continues the beam that had row `parents[i]` with `tokens[i]`. */
export interface BeamStep {
  readonly parents: readonly number[];
  readonly tokens: readonly number[];
}

/** A beam after one of its tokens; the empty one has no parent. */
interface Beam {
  readonly parent: Beam | null;
  readonly token: number;
  readonly logprob: number;
  readonly top: readonly ScoredToken[];
  readonly sum: number;
  readonly length: number;
}

/**
 * Beam search as a state machine: it is told what the model thinks of each beam and says how the beams go on.
 *
 * Of all continuations of all beams by a token that is not the end, the `width` with the largest sums of log-probabilities
 * live on (equal ones by beam, then by id); only each beam's `topCount` most probable tokens are looked at, which matters
 * where more than `width - 1` of them end the text. Every beam's continuation by the end is a text that was found, and at `maxTokens`
 * the beams themselves are; the `choices` best of all these are the result. The search stops earlier when no beam can come
 * to a better score than the worst of these, so that stopping changes nothing: log-probabilities are at most 0, hence
 * a beam's sum over the length that favours it most is a bound.
 */
export class BeamSearch {
  private beams: Beam[] = [{ parent: null, token: -1, logprob: 0, top: [], sum: 0, length: 0 }];
  /** The best so far, best first; equal ones in the order in which they were found. */
  private readonly found: Hypothesis[] = [];

  constructor(private readonly options: BeamSearchOptions) {}

  /** How many of the most probable tokens `advance` has to be told of for each beam. */
  get topCount(): number {
    return 2 * this.options.width;
  }

  /**
   * Takes one step; the first time there is one beam, the empty one.
   * @param positions for each beam, in the order of the step before, what the model thinks comes next
   * @param endLogprobs for each beam, log-probability that the text ends
   * @param ends whether a text ends with its last token by what it says (a stop string); asked of beams that would live on
   * @returns how the beams go on, undefined when the search is over
   */
  advance(
    positions: readonly PositionScore[],
    endLogprobs: readonly number[],
    ends: (tokens: readonly number[]) => boolean = () => false,
  ): BeamStep | undefined {
    const { width, minTokens, maxTokens, ignoreEos } = this.options;
    const length = this.beams[0]!.length + 1;
    if (!ignoreEos && length > minTokens) {
      this.beams.forEach((beam, row) => {
        this.add(beam, beam.sum + endLogprobs[row]!, length, 'stop');
      });
    }
    const candidates = this.beams
      .flatMap((beam, row) =>
        positions[row]!.top.filter(({ id }) => id !== DOCUMENT_ID).map(({ id, logprob }) => ({
          row,
          beam: { parent: beam, token: id, logprob, top: positions[row]!.top, sum: beam.sum + logprob, length },
        })),
      )
      .sort((a, b) => b.beam.sum - a.beam.sum || a.row - b.row || a.beam.token - b.beam.token);
    const kept: typeof candidates = [];
    for (const candidate of candidates) {
      if (kept.length === width) break;
      if (length >= minTokens && ends(pathOf(candidate.beam).map(({ token }) => token)))
        this.add(candidate.beam, candidate.beam.sum, length, 'stop');
      else kept.push(candidate);
    }
    this.beams = kept.map(({ beam }) => beam);
    if (length === maxTokens) for (const beam of this.beams) this.add(beam, beam.sum, length, 'length');
    if (length === maxTokens || this.decided(length)) return undefined;
    return { parents: kept.map(({ row }) => row), tokens: this.beams.map(({ token }) => token) };
  }

  /** The texts found, best first. Before the search is over, the best so far. */
  get results(): readonly Hypothesis[] {
    return this.found;
  }

  private decided(length: number): boolean {
    const { choices, lengthPenalty, maxTokens } = this.options;
    if (this.beams.length === 0) return true;
    if (this.found.length < choices) return false;
    const best = this.scoreOf(this.beams[0]!.sum, lengthPenalty > 0 ? maxTokens : length + 1);
    return best <= this.found.at(-1)!.score;
  }

  private scoreOf(sum: number, length: number): number {
    return sum / length ** this.options.lengthPenalty;
  }

  private add(beam: Beam, sum: number, length: number, finishReason: Hypothesis['finishReason']): void {
    const score = this.scoreOf(sum, length);
    const { choices } = this.options;
    if (this.found.length === choices && score <= this.found.at(-1)!.score) return;
    const path = pathOf(beam);
    const hypothesis = {
      tokens: path.map(({ token }) => token),
      logprobs: path.map(({ logprob }) => logprob),
      top: path.map(({ top }) => top),
      score,
      finishReason,
    };
    const worse = this.found.findIndex((other) => other.score < score);
    this.found.splice(worse < 0 ? this.found.length : worse, 0, hypothesis);
    if (this.found.length > choices) this.found.pop();
  }
}

function pathOf(beam: Beam): Beam[] {
  const path: Beam[] = [];
  for (let at = beam; at.parent; at = at.parent) path.unshift(at);
  return path;
}
