import type { LoadedVersion } from '../models/loaded-version.js';

/** How two versions predict the same text. */
export interface PairScore {
  /** Mean loss per token, nats: candidate less incumbent, positive where the candidate is worse. Finite. */
  readonly differenceNats: number;
  readonly tokens: number;
}

/** What of two versions read a text, and how long that took on their threads. */
interface PairScoring {
  /** Of each text, in order; null where the versions cannot be compared on it. */
  readonly pairs: readonly (PairScore | null)[];
  readonly computeMs: number;
}

/** A text is read so far; most prompts are shorter. */
const MOST_TOKENS = 256;
const MOST_CHARACTERS = 8 * MOST_TOKENS;
/** Stands for a loss that is no number: worse than any that is. */
const NO_NUMBER_NATS = 1e6;

/**
 * Scores texts by two versions, each by the graph that it serves with. A word that a version does not know costs it the `<unk>` and the
 * choice among as many words as it knows, so that a small vocabulary is no advantage.
 */
export async function scorePairs(
  candidate: LoadedVersion,
  incumbent: LoadedVersion,
  texts: readonly string[],
): Promise<PairScoring> {
  // One after the other: together they would take two cores.
  const ofIncumbent = await scoreTexts(incumbent, texts);
  const ofCandidate = await scoreTexts(candidate, texts);
  const pairs = texts.map((_, index) => {
    const [of, against] = [ofCandidate.texts[index], ofIncumbent.texts[index]];
    // Texts of other tokens have other losses per token, which say nothing.
    if (of === undefined || against === undefined || of.tokens === 0) return null;
    if (of.tokens !== against.tokens || candidate.engine.tokenizer.mode !== incumbent.engine.tokenizer.mode)
      return null;
    return { differenceNats: numberOf(of.lossNats) - numberOf(against.lossNats), tokens: of.tokens };
  });
  return { pairs, computeMs: ofCandidate.computeMs + ofIncumbent.computeMs };
}

interface ScoredTexts {
  readonly texts: readonly { readonly lossNats: number; readonly tokens: number }[];
  readonly computeMs: number;
}

async function scoreTexts({ engine }: LoadedVersion, texts: readonly string[]): Promise<ScoredTexts> {
  const ids = texts.map((text) => engine.tokenizer.encode(text.slice(0, MOST_CHARACTERS)).slice(0, MOST_TOKENS));
  const { scores, computeMs } = await engine.score(ids);
  const nats = Math.log(engine.config.vocabularySize);
  return {
    texts: scores.map(({ lossNats, tokens, unknownTokens }) => ({
      lossNats: lossNats + (nats * unknownTokens) / Math.max(1, tokens),
      tokens,
    })),
    computeMs,
  };
}

function numberOf(lossNats: number): number {
  return Number.isFinite(lossNats) ? Math.min(lossNats, NO_NUMBER_NATS) : NO_NUMBER_NATS;
}
