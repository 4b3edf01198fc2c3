import { Inject, Injectable, Logger } from '@nestjs/common';
import { TRAINER_OPTIONS, type TrainerOptions } from '../trainer-options.js';
import { selectEngine, type EngineChoice } from './select-engine.js';

/** Engine and device of the runs of this process: tried out before the first run, and again after one that a GPU may have ended. */
@Injectable()
export class ChosenEngine {
  private readonly logger = new Logger(ChosenEngine.name);
  private choice: Promise<EngineChoice> | undefined;

  constructor(@Inject(TRAINER_OPTIONS) private readonly options: TrainerOptions) {}

  /** @throws device_unavailable when what ENGINE and DEVICE ask for cannot be used; the next run tries again */
  choose(): Promise<EngineChoice> {
    this.choice ??= this.select().catch((error: unknown) => {
      this.choice = undefined;
      throw error;
    });
    return this.choice;
  }

  /** The training process has died or failed: a GPU that it computed on may be gone, so it is tried again before the next one. */
  doubt({ device }: EngineChoice): void {
    if (device !== 'cpu') this.choice = undefined;
  }

  private async select(): Promise<EngineChoice> {
    const choice = await selectEngine(this.options.config);
    this.logger.log({ ...choice, msg: `runs are trained by ${choice.engine} on ${choice.device}` });
    return choice;
  }
}
