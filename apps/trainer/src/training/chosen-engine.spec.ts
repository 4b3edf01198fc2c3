import { Logger } from '@nestjs/common';
import { beforeAll, expect, it } from 'vitest';
import { loadConfig } from '#config';
import { ChosenEngine } from './chosen-engine.js';

beforeAll(() => {
  Logger.overrideLogger(false);
});

it('is tried out once, and again after a run on a GPU ended badly', async () => {
  const engine = new ChosenEngine({ config: loadConfig({ DEVICE: 'cpu' }), childScript: '' });
  const first = await engine.choose();
  expect(await engine.choose()).toBe(first);
  engine.doubt({ ...first, device: 'cpu' });
  expect(await engine.choose()).toBe(first);
  engine.doubt({ ...first, device: 'cuda' });
  const second = await engine.choose();
  expect(second).not.toBe(first);
  expect(second).toEqual(first);
});
