import { Module } from '@nestjs/common';
import { ResultFiles } from '../measurements/result-files.js';
import { ArtifactSweeper } from './artifact-sweeper.js';
import { CancelWatcher } from './cancel-watcher.js';
import { LostRunSweeper } from './lost-run-sweeper.js';
import { RunSupervisor } from './run-supervisor.js';
import { TrainingMetrics } from './training-metrics.js';
import { TrainingRunProcessor } from './training-run.processor.js';
import { WorkFolders } from './work-folders.js';

/** Carrying out runs: the queue's worker, the supervisor of child processes, the sweeper and the cancel watcher. */
@Module({
  providers: [
    RunSupervisor,
    TrainingRunProcessor,
    LostRunSweeper,
    ArtifactSweeper,
    CancelWatcher,
    TrainingMetrics,
    WorkFolders,
    ResultFiles,
  ],
  exports: [ArtifactSweeper],
})
export class TrainingModule {}
