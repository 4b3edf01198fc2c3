/** A release as short as it can be: the loss on the clients' texts alone decides. */
export const FAST_POLICY = {
  budget: 0.05,
  stages: [
    { share: 0, minSeconds: 0, minObservations: 10, minRequests: 0 },
    { share: 0.5, minSeconds: 0, minObservations: 10, minRequests: 20 },
  ],
  watch: { incumbentShare: 0.4, seconds: 1, minObservations: 20, averageRunLength: 1e5 },
  metrics: {
    paired_loss: { margin: 0.3, block: 1, scale: 2, budget: 0.02, promotionBudget: 0.05 },
    probe_loss: { budget: 0 },
    errors: { budget: 0.01 },
    latency: { budget: 0 },
    repetition: { budget: 0 },
    empty_output: { budget: 0 },
    feedback: { budget: 0 },
  },
  sampleRatioBudget: 0,
  minObservations: 20,
  burnInSeconds: 0,
  maxSeconds: 120,
  noDataSeconds: 60,
  gates: { minFreeMemoryMib: 0 },
  rollback: { perDay: 1000, quarantineSeconds: 0 },
  probes: { intervalSeconds: 1 },
  scoring: { sampleShare: 1, maxDecodeShare: 1, minPromptTokens: 4 },
};
