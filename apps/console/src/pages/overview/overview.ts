import type { Answer } from '../../api/client.js';

/** How everything is, as the service tells it. */
export type Overview = Answer<'/v1/admin/overview'>;
