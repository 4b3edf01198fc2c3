import { mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TrainingStateStore, type TrainingStateRecord } from './training-state.js';

let folder: string;
let store: TrainingStateStore<TrainingStateRecord>;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'understudy-state-'));
  store = new TrainingStateStore(folder);
});
afterEach(() => rm(folder, { recursive: true }));

const tensors = (first: number): Map<string, Float32Array> =>
  new Map([
    ['weight', Float32Array.of(first, -0, 1e-45, 3.4e38)],
    ['empty', new Float32Array(0)],
  ]);
const loadedWeight = async (identity = 'a'): Promise<number[] | null> => {
  const into = tensors(0);
  const state = await store.load(identity);
  state?.readInto(into);
  return state && [...into.get('weight')!];
};

describe('TrainingStateStore', () => {
  it('gives back what was saved last, bit for bit', async () => {
    await store.save({ identity: 'a', step: 9 }, tensors(1));
    await store.save({ identity: 'a', step: 10 }, tensors(2));
    expect((await store.load('a'))?.record).toEqual({ identity: 'a', step: 10 });
    expect(await loadedWeight()).toEqual([...tensors(2).get('weight')!]);
    expect(await readdir(folder)).toEqual(['state-10.2']);
  });

  it('knows nothing before the first save and nothing of another run', async () => {
    expect(await store.load('a')).toBeNull();
    expect(await new TrainingStateStore(join(folder, 'nowhere')).load('a')).toBeNull();
    await store.save({ identity: 'a', step: 1 }, tensors(1));
    expect(await store.load('b')).toBeNull();
  });

  it('overwrites the state of a step that was made again', async () => {
    await store.save({ identity: 'a', step: 5 }, tensors(1));
    await store.save({ identity: 'a', step: 5 }, tensors(2));
    expect((await loadedWeight())?.[0]).toBe(2);
  });

  it('takes the one before when a save was cut off or damaged', async () => {
    await store.save({ identity: 'a', step: 5 }, tensors(1));
    await rename(join(folder, 'state-5.1'), join(folder, 'kept'));
    await store.save({ identity: 'a', step: 6 }, tensors(2));
    await rename(join(folder, 'kept'), join(folder, 'state-5.0'));
    expect((await loadedWeight())?.[0]).toBe(2);
    await writeFile(join(folder, 'state-6.1', 'state.safetensors'), 'cut off');
    expect((await loadedWeight())?.[0]).toBe(1);
    await writeFile(join(folder, 'state-5.0', 'state.json'), '{');
    expect(await loadedWeight()).toBeNull();
  });
});
