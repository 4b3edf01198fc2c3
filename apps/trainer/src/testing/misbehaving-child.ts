import type { ChildMessage, ParentMessage } from '../training/child-messages.js';

/**
 * A training process for specs that goes wrong in the way that the file it is to train on is named after; `wait.txt` is the
 * one that behaves: it works until it is asked to stop.
 */
const BEHAVIOURS: Readonly<Record<string, () => void>> = {
  'exit.txt': () => {
    process.stderr.write('something broke\n');
    process.exit(3);
  },
  'kill.txt': () => process.kill(process.pid, 'SIGKILL'),
  'deaf.txt': () => {
    process.on('SIGTERM', () => undefined);
    say({ type: 'event', event: { type: 'log', message: `deaf ${process.pid}` } });
  },
  'wait.txt': () => {
    process.on('message', (message: ParentMessage) => {
      if (message.type === 'stop') say({ type: 'stopped', step: 1 });
      else if (message.type === 'cancel')
        say({ type: 'failed', error: { code: 'cancelled', message: 'The run was cancelled.', param: null } });
      else return;
      process.disconnect();
    });
    say({ type: 'event', event: { type: 'log', message: `waiting ${process.pid}` } });
  },
  'lie.txt': () => {
    // A bundle that is not there.
    const measured = { tokens: 1, lossNats: 1, perplexity: Math.E, top1: 0, top5: 0 };
    const metrics = {
      train: measured,
      validation: measured,
      test: null,
      gapPoints: 0,
      tokensPerSecond: 1,
      trainingSeconds: 1,
      stoppedEarly: false,
      sample: '',
    };
    const result = {
      bundleFolder: '/nonexistent/bundle',
      preset: 'small',
      parameters: 1,
      trainedTokens: 1,
      dataSha256: '0'.repeat(64),
      hyperparameters: {},
      seed: 1,
      metrics,
      corpusReport: {},
    };
    process.send?.({ type: 'finished', result }, () => process.exit(0));
  },
};

process.on('disconnect', () => process.exit());
process.on('message', (message: ParentMessage) => {
  if (message.type === 'train') BEHAVIOURS[message.order.corpus.filename]?.();
});

function say(message: ChildMessage): void {
  process.send?.(message);
}
