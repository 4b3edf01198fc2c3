import { describe, expect, it } from 'vitest';
import { Admission, type AdmissionLimits } from './admission.js';
import type { Place } from './version-line.js';

const LIMITS: AdmissionLimits = { maxBatchSize: 4, maxQueuedRequests: 10, maxQueuedTokens: 1_000 };
/** With the batch of four and the one that is ready to follow. */
const UNDER_WAY = 5;

let nowMs = 0;

function open(limits: Partial<AdmissionLimits> = {}): Admission {
  nowMs = 0;
  return new Admission({ ...LIMITS, ...limits }, () => nowMs);
}

/** Admits single sequences, or one of `sequences` together. */
function enter(
  admission: Admission,
  { owner = 'a', versionId = 'v1', parts = 1, sequences = 1, tokens = 10 } = {},
): readonly Place[] {
  return admission.enter({ owner, versionId, parts: Array.from({ length: parts }, () => ({ sequences, tokens })) });
}

const never = new AbortController().signal;

/** Notes in which order the places get their turn. */
async function turns(places: Readonly<Record<string, Place>>): Promise<{ readonly order: string[] }> {
  const order: string[] = [];
  for (const [name, place] of Object.entries(places))
    void place.turn(never).then(
      () => order.push(name),
      () => undefined,
    );
  await settled();
  return { order };
}

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function one(places: readonly Place[]): Place {
  const [place] = places;
  if (place === undefined) throw new Error('no place');
  return place;
}

describe('admission', () => {
  it('lets in up to its capacity and refuses the rest as a whole', () => {
    const admission = open();
    enter(admission, { parts: 12 });
    expect(() => enter(admission, { parts: 3 })).toThrow(expect.objectContaining({ code: 'server_is_overloaded' }));
    expect(admission.inside).toBe(12);
    enter(admission, { parts: 2 });
    expect(admission.inside).toBe(14);
  });

  it('makes room once when a sequence leaves', () => {
    const admission = open({ maxBatchSize: 1, maxQueuedRequests: 1 });
    const places = enter(admission, { parts: 2 });
    places[0]?.leave();
    places[0]?.leave();
    expect(admission.inside).toBe(1);
    enter(admission);
    expect(admission.inside).toBe(2);
  });

  it('says when to come back at the rate at which sequences were finished', () => {
    const admission = open();
    const places = enter(admission, { parts: 14 });
    // One every 100 ms.
    for (const place of places.slice(0, 6)) {
      place.leave();
      nowMs += 100;
    }
    enter(admission, { parts: 6 });
    expect(() => enter(admission, { parts: 5 })).toThrow(
      expect.objectContaining({ code: 'server_is_overloaded', retryAfterMs: 500 }),
    );
  });

  it('does not count the time in which there was nothing to do', () => {
    const admission = open();
    one(enter(admission)).leave();
    nowMs += 3_600_000;
    const places = enter(admission, { parts: 14 });
    places[0]?.leave();
    nowMs += 10;
    enter(admission);
    expect(() => enter(admission)).toThrow(expect.objectContaining({ retryAfterMs: 10 }));
  });

  it('refuses for good what could never fit', () => {
    expect(() => enter(open(), { parts: 15 })).toThrow(expect.objectContaining({ code: 'invalid_value', param: 'n' }));
  });

  it('bounds the tokens that wait, and takes any request while nothing waits', () => {
    const admission = open();
    enter(admission, { parts: UNDER_WAY, tokens: 5_000 });
    expect(admission.waiting).toEqual({ sequences: 0, tokens: 0 });
    const waiting = one(enter(admission, { tokens: 5_000 }));
    expect(() => enter(admission, { tokens: 1 })).toThrow(
      expect.objectContaining({
        code: 'server_is_overloaded',
        message: expect.stringContaining('5000 tokens') as string,
      }),
    );
    waiting.leave();
    const [first] = enter(admission, { tokens: 900 });
    enter(admission, { tokens: 100 });
    expect(() => enter(admission, { tokens: 1 })).toThrow(expect.objectContaining({ code: 'server_is_overloaded' }));
    expect(admission.waiting).toEqual({ sequences: 2, tokens: 1_000 });
    first?.leave();
    expect(admission.waiting).toEqual({ sequences: 1, tokens: 100 });
  });
});

describe('what waits', () => {
  it('begins when something ends, in the order of its owner', async () => {
    const admission = open();
    const running = enter(admission, { parts: UNDER_WAY });
    const { order } = await turns({ first: one(enter(admission)), second: one(enter(admission)) });
    expect(order).toEqual([]);
    running[3]?.leave();
    await settled();
    expect(order).toEqual(['first']);
    running[0]?.leave();
    await settled();
    expect(order).toEqual(['first', 'second']);
  });

  it('does not wait longer because another owner has much waiting', async () => {
    const admission = open();
    const running = enter(admission, { parts: UNDER_WAY });
    const many = enter(admission, { parts: 4 });
    const few = enter(admission, { owner: 'b', parts: 1 });
    const { order } = await turns({ ...named('many', many), ...named('few', few) });
    for (const place of running) place.leave();
    await settled();
    expect(order).toEqual(['few0', 'many0', 'many1', 'many2', 'many3']);
  });

  it('shares tokens, not requests, equally', async () => {
    const admission = open({ maxBatchSize: 1, maxQueuedRequests: 20 });
    const running = enter(admission, { owner: 'c', parts: 2 });
    const long = enter(admission, { owner: 'long', parts: 3, tokens: 40 });
    const short = enter(admission, { owner: 'short', parts: 7, tokens: 10 });
    const places = { ...named('long', long), ...named('short', short) };
    const { order } = await turns(places);
    for (const place of running) place.leave();
    for (let turn = 0; turn < 7; turn++) {
      await settled();
      places[order[turn] ?? '']?.leave();
    }
    expect(order.slice(0, 7)).toEqual(['long0', 'short0', 'short1', 'short2', 'short3', 'long1', 'short4']);
  });

  it('is decoded beside what other versions decode', async () => {
    const admission = open();
    enter(admission, { parts: UNDER_WAY });
    const { order } = await turns({ other: one(enter(admission, { versionId: 'v2' })) });
    expect(order).toEqual(['other']);
  });

  it('goes as soon as its client does, and the next one takes its turn', async () => {
    const admission = open();
    const running = enter(admission, { parts: UNDER_WAY });
    const client = new AbortController();
    const gone = one(enter(admission)).turn(client.signal);
    const { order } = await turns({ next: one(enter(admission)) });
    client.abort(new Error('gone'));
    await expect(gone).rejects.toThrow('gone');
    expect(admission.waiting.sequences).toBe(1);
    expect(admission.inside).toBe(6);
    running[0]?.leave();
    await settled();
    expect(order).toEqual(['next']);
  });

  it('begins alone when it is wider than all that may be under way', async () => {
    const admission = open();
    const [narrow] = enter(admission);
    const { order } = await turns({ wide: one(enter(admission, { sequences: 8 })), after: one(enter(admission)) });
    expect(order).toEqual([]);
    narrow?.leave();
    await settled();
    expect(order).toEqual(['wide']);
  });
});

function named(name: string, places: readonly Place[]): Record<string, Place> {
  return Object.fromEntries(places.map((place, index) => [`${name}${index}`, place]));
}
