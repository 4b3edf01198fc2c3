export { JOB_CATALOGUE, type JobName, type JobPayloads } from './job-catalogue.js';
export { JobsModule } from './jobs.module.js';
export { TrainingQueue, trainingJobId } from './training-queue.js';
