import { Module } from '@nestjs/common';
import { FineTuningModule } from '../fine-tuning/fine-tuning.module.js';
import { TrainingModule } from '../training/training.module.js';
import { AdviseOnJob } from './advise-on-job.js';
import { CreateUpgradeExperiment } from './create-upgrade-experiment.js';
import { ExperimentCoordinator } from './experiment-coordinator.js';
import { StageWorker } from './stage-worker.js';
import { UpgradeAdviceController } from './upgrade-advice.controller.js';
import { UpgradeExperimentsController } from './upgrade-experiments.controller.js';

/** Is a larger model worth it: experiments and advice. */
@Module({
  imports: [FineTuningModule, TrainingModule],
  controllers: [UpgradeExperimentsController, UpgradeAdviceController],
  providers: [AdviseOnJob, CreateUpgradeExperiment, ExperimentCoordinator, StageWorker],
})
export class UpgradeModule {}
