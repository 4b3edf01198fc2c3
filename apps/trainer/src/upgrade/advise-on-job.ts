import { join } from 'node:path';
import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { CodedError } from '#errors';
import { PRESETS } from '#language-model';
import { adviseUpgrade, type UpgradeReport } from '#language-model/upgrade';
import { Registry, type Corpus, type TrainingRun } from '#registry';
import { TRAINER_OPTIONS, type TrainerOptions } from '../trainer-options.js';
import { DeviceLeases } from '../training/device-leases.js';
import { gatherEvidence, hyperparametersOf, type Candidate, type Candidates } from './gather-evidence.js';
import { measureModels } from './measure-models.js';
import type { Measurement } from './measurement-messages.js';
import { measurementOrder } from './measurement-order.js';
import type { AdviceQuery } from './report.dto.js';
import { withoutSizes } from './resolve-presets.js';

/** Measurements that are kept, so that asking again with another policy costs nothing. */
const KEPT_MEASUREMENTS = 32;

/** Applies the rules to a job that has ended, without training anything. */
@Injectable()
export class AdviseOnJob implements BeforeApplicationShutdown {
  private readonly measurements = new Map<string, Promise<Measurement>>();
  private readonly stopping = new AbortController();

  constructor(
    private readonly registry: Registry,
    private readonly devices: DeviceLeases,
    @Inject(TRAINER_OPTIONS) private readonly options: TrainerOptions,
  ) {}

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await Promise.allSettled(this.measurements.values());
  }

  /**
   * Measures the job's model and the baseline where that was not done lately, which takes as long as reading the corpus does.
   *
   * @throws job_not_found, file_not_found; invalid_value; conflict when the job has no model or the device is busy
   */
  async advise({ job, policy = 'measured', to = 'medium' }: AdviceQuery): Promise<UpgradeReport> {
    const run = await this.registry.getTrainingRun(job);
    const corpus = await this.registry.getCorpus(run.corpusId);
    const candidates = await this.candidatesFor(run, to);
    const evidence = await gatherEvidence(this.registry, candidates, await this.measure(run, corpus, candidates));
    return {
      format: 'understudy-upgrade-report',
      version: 1,
      createdAt: new Date().toISOString(),
      subject: run.id,
      trainingFile: corpus.filename,
      seed: run.seed,
      advice: adviseUpgrade(evidence, policy),
      evidence,
    };
  }

  private async candidatesFor(run: TrainingRun, toPreset: string): Promise<Candidates> {
    const { preset, hyperparameters, modelVersionId } = run;
    if (modelVersionId === null) {
      throw new CodedError(
        'conflict',
        `The job ${run.id} is ${run.state}; the rules need a job that has succeeded. Ask again when it has.`,
        { param: 'job' },
      );
    }
    if (preset === toPreset) {
      throw new CodedError('invalid_value', `to must be another preset than that of the job, ${preset}.`, {
        param: 'to',
      });
    }
    const version = await this.registry.getModelVersion(modelVersionId);
    return {
      from: { role: 'from', preset, hyperparameters, version },
      to: { role: 'to', preset: toPreset, hyperparameters: withoutSizes(hyperparameters), version: null },
      fallback: null,
    };
  }

  private async measure(run: TrainingRun, corpus: Corpus, candidates: Candidates): Promise<Measurement> {
    const kept = this.measurements.get(run.id);
    if (kept !== undefined) return kept;
    const measurement = this.measureNow(run, corpus, candidates);
    this.measurements.set(run.id, measurement);
    measurement.catch(() => this.measurements.delete(run.id));
    for (const id of this.measurements.keys()) {
      if (this.measurements.size <= KEPT_MEASUREMENTS) break;
      this.measurements.delete(id);
    }
    return measurement;
  }

  private async measureNow(run: TrainingRun, corpus: Corpus, candidates: Candidates): Promise<Measurement> {
    const device = await this.devices.take(`advice on ${run.id}`);
    if (device === null) {
      throw new CodedError(
        'conflict',
        `The device is busy, so the model of ${run.id} cannot be measured now. Ask again when the job or the comparison under way has ended.`,
      );
    }
    try {
      const { config } = this.options;
      const workFolder = join(config.runsDir, `advice-${run.id}`);
      const order = await measurementOrder({ registry: this.registry, config }, corpus, candidates, workFolder);
      // Whichever preset is asked about next.
      const presets = Object.keys(PRESETS).map((preset): Candidate => ({ ...candidates.to, preset }));
      const speeds = Object.fromEntries(presets.map((preset) => [preset.preset, hyperparametersOf(preset)]));
      const signal = AbortSignal.any([device.lost, this.stopping.signal]);
      return await measureModels({ ...order, presets: { ...speeds, ...order.presets } }, () => undefined, signal);
    } finally {
      await device.release();
    }
  }
}
