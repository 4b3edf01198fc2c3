export { addObservation } from './add-observation.js';
export type { JudgeAction, Judgement, OpenCase } from './judge-release.js';
export type { NewReleasePoint, ReleaseHistory, ReleasePoint } from './release-point.js';
export type {
  NewObservation,
  NewRelease,
  PolicyVersion,
  Release,
  ReleaseCase,
  ReleaseEvent,
  ReleaseEventKind,
  ReleaseStage,
  ServingPeriod,
  StoredObservation,
  TimelineEntry,
  VersionQuarantine,
} from './release.js';
export { readServingNotice } from './serving-notice.js';
