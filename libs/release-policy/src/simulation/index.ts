/** Releases on simulated traffic, and recorded ones drawn again. */
export { redrawArms } from './redraw-arms.js';
export { simulateRelease, type SimulatedRelease } from './simulate-release.js';
export { LOSS_SHAPES } from './synthetic-losses.js';
export type { TrafficModel } from './synthetic-traffic.js';
