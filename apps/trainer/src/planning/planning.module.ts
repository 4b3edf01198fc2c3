import { Module } from '@nestjs/common';
import { PlanJob } from './plan-job.js';
import { PlanningController } from './planning.controller.js';

/** What can be trained, and what a job would be. */
@Module({ controllers: [PlanningController], providers: [PlanJob] })
export class PlanningModule {}
