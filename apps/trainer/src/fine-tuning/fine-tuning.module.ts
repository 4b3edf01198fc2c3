import { Module } from '@nestjs/common';
import { MeasurementsController } from '../measurements/measurements.controller.js';
import { CreateFineTuningJob } from './create-fine-tuning-job.js';
import { EnqueueRun } from './enqueue-run.js';
import { FineTuningJobsController } from './fine-tuning-jobs.controller.js';
import { JobEventStreams } from './job-event-streams.js';

/** Jobs as clients see them. */
@Module({
  controllers: [FineTuningJobsController, MeasurementsController],
  providers: [CreateFineTuningJob, EnqueueRun, JobEventStreams],
  exports: [EnqueueRun],
})
export class FineTuningModule {}
