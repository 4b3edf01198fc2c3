import { BACKGROUND_ROWS, BackgroundScorer, type Scoring } from '../decoding/background-scorer.js';
import { DecodeSession } from '../sampling/decode-session.js';
import { DOCUMENT_ID } from '../tokenizer/index.js';
import type { PrecisionCheck } from './compare-precisions.js';
import type { ProbeText } from './probe-text.js';
import type { Bundle } from './read-bundle.js';

/** A probe is read in a second or two, and its loss is known to some hundredths: enough to tell another model. */
const TEXTS = 32;
const TOKENS_PER_TEXT = 64;

/** Takes texts of a held-out text, from all of it, and measures a bundle's loss on them as a server does. */
export async function measureProbeText(bundle: Bundle, check: PrecisionCheck): Promise<ProbeText> {
  const texts = chooseTexts(check.text);
  const session = new DecodeSession(
    await bundle.decodeGraphs('float32', check.threads),
    bundle.architecture,
    BACKGROUND_ROWS,
  );
  try {
    const { scores } = await score(session, texts, check.signal);
    const tokens = scores.reduce((sum, one) => sum + one.tokens, 0);
    const lossNats = scores.reduce((sum, one) => sum + one.tokens * one.lossNats, 0) / Math.max(1, tokens);
    return { format: 'understudy-probe', version: 1, texts, lossNats };
  } finally {
    await session.dispose();
  }
}

/** Windows at equal distances; where a document ends in one, it goes on with the next. */
function chooseTexts(text: Uint16Array): number[][] {
  const ids = Array.from(text.filter((id) => id !== DOCUMENT_ID));
  const count = Math.max(1, Math.min(TEXTS, Math.floor(ids.length / TOKENS_PER_TEXT)));
  return Array.from({ length: count }, (_, index) => {
    const start = Math.floor((index * ids.length) / count);
    return ids.slice(start, start + TOKENS_PER_TEXT);
  }).filter((window) => window.length > 0);
}

async function score(
  session: DecodeSession,
  texts: readonly (readonly number[])[],
  signal: AbortSignal | undefined,
): Promise<Scoring> {
  const scorer = await BackgroundScorer.create(session);
  const scoring = new Promise<Scoring>((finished, failed) => scorer.submit(texts, { finished, failed }));
  while (scorer.hasWork) {
    signal?.throwIfAborted();
    await scorer.turn(false);
  }
  return scoring;
}
