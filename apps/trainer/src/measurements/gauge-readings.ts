import { fractionDone, type RunProgress } from '../training/run-progress.js';

/** A gauge of the run that is being trained. */
interface GaugeReading {
  readonly help: string;
  /** Undefined as long as it is not known. */
  readonly read: (progress: RunProgress) => number | undefined;
}

/** A number that is not known before the first step. */
function sinceFirstStep(read: (progress: RunProgress) => number): GaugeReading['read'] {
  return (progress) => (progress.step === 0 ? undefined : read(progress));
}

/** The gauges of the running run, in Prometheus's units: seconds, and shares from 0 to 1. */
export const GAUGE_READINGS: Readonly<Record<string, GaugeReading>> = {
  understudy_training_fraction: { help: 'Part of the running run that is done, from 0 to 1.', read: fractionDone },
  understudy_training_step: { help: 'Steps that the running run has made.', read: (p) => p.step },
  understudy_training_epoch: { help: 'Epoch of the running run, from 1.', read: sinceFirstStep((p) => p.epoch) },
  understudy_training_trained_tokens: {
    help: 'Tokens that the running run has learned from.',
    read: (p) => p.trainedTokens,
  },
  understudy_training_seconds_left: {
    help: 'Estimated time that the running run still needs, in seconds.',
    read: sinceFirstStep((p) => p.secondsLeft),
  },
  understudy_training_tokens_per_second: {
    help: 'Tokens that the training run learns from per second.',
    read: sinceFirstStep((p) => p.tokensPerSecond),
  },
  understudy_training_loss_nats: {
    help: 'Loss on the training batches, with dropout, in nats per token.',
    read: sinceFirstStep((p) => p.lossNats),
  },
  understudy_training_perplexity: {
    help: 'Perplexity on the training batches, with dropout.',
    read: sinceFirstStep((p) => Math.exp(p.lossNats)),
  },
  understudy_training_learning_rate: {
    help: 'Learning rate of the newest step.',
    read: sinceFirstStep((p) => p.learningRate),
  },
  understudy_training_gradient_norm: {
    help: 'Euclidean norm of the gradient before clipping.',
    read: sinceFirstStep((p) => p.gradientNorm),
  },
  understudy_training_update_ratio: {
    help: 'Norm of an update relative to that of the weights.',
    read: sinceFirstStep((p) => p.updateRatio),
  },
  understudy_training_top1: {
    help: 'Newest top-1 accuracy on training text, without dropout, from 0 to 1.',
    read: (p) => p.evaluation?.train.top1,
  },
  understudy_training_validation_loss_nats: {
    help: 'Newest validation loss, in nats per token.',
    read: (p) => p.evaluation?.validation.lossNats,
  },
  understudy_training_validation_perplexity: {
    help: 'Newest validation perplexity.',
    read: (p) => p.evaluation?.validation.perplexity,
  },
  understudy_training_validation_top1: {
    help: 'Newest top-1 accuracy on validation text, from 0 to 1.',
    read: (p) => p.evaluation?.validation.top1,
  },
  understudy_training_gap_points: {
    help: 'Newest top-1 accuracy on training text less that on validation text, in percentage points.',
    read: (p) => p.evaluation?.gapPoints,
  },
};
