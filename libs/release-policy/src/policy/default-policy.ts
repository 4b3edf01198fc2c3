import type { ReleasePolicy } from './release-policy.js';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/**
 * What a release goes by when nobody says otherwise: five requests a second decide in about an hour. The budgets of the metrics add up
 * to 1%; where two versions are judged by nothing but numbers of their texts (truncation), the metric is shown and decides nothing.
 */
export const DEFAULT_POLICY: ReleasePolicy = {
  mode: 'enforce',
  unit: 'request',
  budget: 0.01,
  stages: [
    { share: 0, minSeconds: 5 * MINUTE, minObservations: 100, minRequests: 0 },
    { share: 0.01, minSeconds: 5 * MINUTE, minObservations: 20, minRequests: 3 },
    { share: 0.05, minSeconds: 5 * MINUTE, minObservations: 50, minRequests: 30 },
    { share: 0.25, minSeconds: 10 * MINUTE, minObservations: 100, minRequests: 200 },
    { share: 0.5, minSeconds: 10 * MINUTE, minObservations: 100, minRequests: 500 },
  ],
  watch: { incumbentShare: 0.1, seconds: 6 * HOUR, minObservations: 300, averageRunLength: 1e7 },
  metrics: {
    // 0.03 nats are 3% of the perplexity. Prompts that come one after the other are often alike, probes are drawn independently.
    paired_loss: { margin: 0.03, block: 10, scale: 0.5, budget: 0.004, promotionBudget: 0.01, required: true },
    probe_loss: { margin: 0.03, block: 1, scale: 1, budget: 0.001, promotionBudget: 0.01, required: false },
    errors: { margin: 0.5, budget: 0.002, promotionBudget: 0.01, required: false },
    latency: {
      margin: 0.5,
      budget: 0.001,
      promotionBudget: 0.01,
      required: false,
      limitMs: 1_000,
      limitMsPerToken: 20,
    },
    repetition: { margin: 0.5, budget: 0.0005, promotionBudget: 0.01, required: false },
    empty_output: { margin: 0.5, budget: 0.0005, promotionBudget: 0.01, required: false },
    // A better model may well write longer texts.
    truncation: { margin: 0.5, budget: 0, promotionBudget: 0.01, required: false },
    feedback: { margin: 0.25, budget: 0.001, promotionBudget: 0.01, required: false },
  },
  sampleRatioBudget: 0.001,
  minObservations: 300,
  burnInSeconds: 30,
  maxSeconds: DAY,
  noDataSeconds: HOUR,
  gates: { probePerplexityBand: 0.05, minFreeMemoryMib: 256 },
  rollback: { perDay: 3, quarantineSeconds: HOUR, growth: 4, maxQuarantineSeconds: 30 * DAY },
  probes: { intervalSeconds: MINUTE },
  scoring: { sampleShare: 0.2, maxDecodeShare: 0.1, minPromptTokens: 8, text: 'prompt' },
};
