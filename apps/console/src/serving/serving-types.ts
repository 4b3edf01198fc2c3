import type { Answer, Item } from '../api/client.js';

/** A name that serves, and what serves it. */
export type Deployment = Item<'/v1/admin/deployments'>;

/** One attempt to replace the incumbent of a deployment. */
export type Release = Item<'/v1/admin/releases'>;

/** A release with all that it is judged by. */
export type ExplainedRelease = Answer<'/v1/admin/releases/{id}'>;

/** How a release stood over time. */
export type ReleaseSeries = Answer<'/v1/admin/releases/{id}/series'>;

/** One harm that a release is judged by. */
export type ReleaseMetric = ExplainedRelease['metrics'][number];

/** Something that happened in a release. */
export type ReleaseEvent = Item<'/v1/admin/releases/{id}/events'>;

/** A trained model. */
export type Version = Item<'/v1/admin/model-versions'>;

/** A trained model with who it served. */
export type DescribedVersion = Answer<'/v1/admin/model-versions/{id}'>;

/** What a version came from and what came of it. */
export type Lineage = Answer<'/v1/admin/model-versions/{id}/lineage'>;

/** What releases go by. */
export type Policy = Item<'/v1/admin/policies'>;

/** A line of the history of a deployment. */
export type TimelineEntry = Item<'/v1/admin/deployments/{name}/timeline'>;
