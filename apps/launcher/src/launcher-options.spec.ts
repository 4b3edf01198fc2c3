import { describe, expect, it } from 'vitest';
import { isCodedError } from '#errors';
import { parseLauncherOptions } from './launcher-options.js';

describe('launcher options', () => {
  it('train the small preset on the demonstration corpus by default', () => {
    expect(parseLauncherOptions([])).toEqual({
      help: false,
      corpus: null,
      preset: 'small',
      maxTrainTokens: null,
      experiment: true,
      noTrain: false,
      settings: {},
    });
  });

  it('turn ports and the data folder into the settings of the same meaning', () => {
    const words = ['--data-dir', 'x', '--trainer-port=4101', '--generator-port', '4001', '--yes'];
    expect(parseLauncherOptions(words).settings).toEqual({
      DATA_DIR: 'x',
      TRAINER_PORT: '4101',
      GENERATOR_PORT: '4001',
    });
  });

  it('read a corpus, a preset and a limit', () => {
    expect(parseLauncherOptions(['--corpus', 'texts', '--preset', 'medium', '--max-train-tokens', '0'])).toMatchObject({
      corpus: 'texts',
      preset: 'medium',
      maxTrainTokens: 0,
    });
  });

  it('leave the larger model away where that is asked for', () => {
    expect(parseLauncherOptions(['--no-experiment'])).toMatchObject({ experiment: false, noTrain: false });
  });

  it.each([[['--corpsu', 'x']], [['texts']], [['--corpus']], [['--corpus', '--no-train']]])(
    'refuse %j in one line that says where the options are listed',
    (words) => {
      expect(messageOf(words)).toMatch(/^[^\n]+npm start -- --help[^\n]+$/);
    },
  );

  it.each([[['--corpus', '']], [['--max-train-tokens=-1']], [['--max-train-tokens', '1.5']], [['--data-dir=']]])(
    'refuse the value in %j in one line',
    (words) => {
      expect(messageOf(words)).toMatch(/^--[^\n]+$/);
    },
  );
});

function messageOf(words: string[]): string {
  try {
    parseLauncherOptions(words);
  } catch (error) {
    if (isCodedError(error)) return error.message;
  }
  return '';
}
