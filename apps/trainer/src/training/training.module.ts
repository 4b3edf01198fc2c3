import { Module } from '@nestjs/common';
import { ResultFiles } from '../measurements/result-files.js';
import { ArtifactSweeper } from './artifact-sweeper.js';
import { ChosenEngine } from './chosen-engine.js';
import { DesiredStateWatcher } from './desired-state-watcher.js';
import { DeviceLeases } from './device-leases.js';
import { LostRunSweeper } from './lost-run-sweeper.js';
import { RunSupervisor } from './run-supervisor.js';
import { TrainingMetrics } from './training-metrics.js';
import { TrainingRunProcessor } from './training-run.processor.js';
import { WorkFolders } from './work-folders.js';

/** Carrying out runs: the queue's worker, the supervisor of child processes, the sweeper and the watcher of what is wanted. */
@Module({
  providers: [
    RunSupervisor,
    TrainingRunProcessor,
    LostRunSweeper,
    ArtifactSweeper,
    DesiredStateWatcher,
    ChosenEngine,
    DeviceLeases,
    TrainingMetrics,
    WorkFolders,
    ResultFiles,
  ],
  exports: [ArtifactSweeper, DeviceLeases],
})
export class TrainingModule {}
