import { FrameQueue } from './frame-queue.js';

/** The drawings of this page. */
export const drawings = new FrameQueue();
