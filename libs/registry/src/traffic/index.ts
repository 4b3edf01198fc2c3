export { CHANGES_CHANNEL } from '../channels.js';
export { countLatency, emptyLatencyCounts, latencyQuantile } from './latency-histogram.js';
export { SLICE_MS, type CompletionRecord, type TrafficCounts } from './traffic-slice.js';
export { Traffic } from './traffic.js';
