import type { Observation } from '../observation.js';
import { SyntheticRandom } from './synthetic-random.js';

/** An observation, and what its arm was drawn for. */
export interface RecordedObservation {
  readonly observation: Observation;
  /** Those of one request share its arm; null: it has an arm of its own. */
  readonly requestId: string | null;
  /** Where clients are the unit, those of one client share its draw. */
  readonly client: string | null;
}

/** How records are drawn again. */
export interface RedrawOptions {
  readonly seed: number;
  /** Texts of one metric in a row whose differences keep or change their sign together; 1 takes each by itself. */
  readonly textsTogether: number;
}

/**
 * The records as they could have been if both versions had been the same: which version a difference favours is decided by a coin, and
 * every arm is drawn again with the share that was written down. Everything else stays: how large differences are, how alike neighbours,
 * how many events come at once.
 *
 * @see Fisher's randomisation test: what the draw decided is drawn again
 */
export function redrawArms(
  recorded: readonly RecordedObservation[],
  { seed, textsTogether }: RedrawOptions,
): Observation[] {
  const random = new SyntheticRandom(seed);
  const draws = new Map<string, number>();
  const texts = new Map<string, { left: number; sign: number }>();

  const drawFor = ({ client, requestId }: RecordedObservation): number => {
    const key = client === null ? requestId && `request ${requestId}` : `client ${client}`;
    if (key === null) return random.unit();
    const draw = draws.get(key) ?? random.unit();
    draws.set(key, draw);
    return draw;
  };
  const coin = (): number => (random.unit() < 0.5 ? -1 : 1);
  const signFor = ({ observation, client }: RecordedObservation): number => {
    const key = `${observation.metric} ${client ?? ''}`;
    const run = texts.get(key) ?? { left: 0, sign: 1 };
    const next = run.left > 0 ? { left: run.left - 1, sign: run.sign } : { left: textsTogether - 1, sign: coin() };
    texts.set(key, next);
    return next.sign;
  };

  return recorded.flatMap((one): Observation[] => {
    const { observation } = one;
    if (observation.arm === 'both') return [{ ...observation, value: signFor(one) * observation.value }];
    if (observation.metric !== 'requests' || one.client !== null) {
      return [{ ...observation, arm: drawFor(one) < observation.share ? 'candidate' : 'incumbent' }];
    }
    let candidates = 0;
    for (let i = 0; i < observation.value; i++) if (random.unit() < observation.share) candidates++;
    const ofArm = (arm: Observation['arm'], value: number): Observation[] =>
      value === 0 ? [] : [{ ...observation, arm, value }];
    return [...ofArm('candidate', candidates), ...ofArm('incumbent', observation.value - candidates)];
  });
}
