import { hostname } from 'node:os';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { Registry } from '#registry';
import type { Device } from '#tensor-graph';
import { TRAINER_OPTIONS, type TrainerOptions } from '../trainer-options.js';
import { briefError } from './brief-error.js';

/** A device that is ours until it is released or lost. */
export interface HeldDevice {
  /** `<machine>/<kind>`. */
  readonly device: string;
  /** Aborted when somebody else has the device: whoever computes on it stops. */
  readonly lost: AbortSignal;
  /** Resolves when others can take it. */
  release(): Promise<void>;
}

/** One computation at a time on each device of this machine, whichever process wants it. */
@Injectable()
export class DeviceLeases {
  private readonly logger = new Logger(DeviceLeases.name);
  private taken = 0;

  constructor(
    private readonly registry: Registry,
    @Inject(TRAINER_OPTIONS) private readonly options: TrainerOptions,
  ) {}

  /**
   * Takes the device and keeps its lease; `null` while somebody else has it, also after the process of that one died,
   * for RUN_LOST_AFTER_MS.
   *
   * @param purpose whose computation it is, such as the id of a run
   * @param kind what of the machine it computes on
   */
  async take(purpose: string, kind: Device = 'cpu'): Promise<HeldDevice | null> {
    const { machineName, runLostAfterMs, heartbeatIntervalMs } = this.options.config;
    const machine = machineName ?? hostname();
    const device = `${machine}/${kind}`;
    // Another attempt at the same run is somebody else.
    const holder = `${purpose} ${machine}:${process.pid}:${++this.taken}`;
    if (!(await this.registry.devices.take(device, holder, runLostAfterMs))) return null;
    const lost = new AbortController();
    const renew = async (): Promise<void> => {
      try {
        if (!(await this.registry.devices.renew(device, holder, runLostAfterMs))) lost.abort();
      } catch (error) {
        this.logger.warn({ device, ...briefError(error), msg: 'could not renew the lease of the device' });
      }
    };
    const timer = setInterval(() => void renew(), heartbeatIntervalMs);
    return { device, lost: lost.signal, release: () => this.release(device, holder, timer) };
  }

  private async release(device: string, holder: string, timer: NodeJS.Timeout): Promise<void> {
    clearInterval(timer);
    try {
      await this.registry.devices.release(device, holder);
    } catch (error) {
      this.logger.warn({
        device,
        ...briefError(error),
        msg: 'could not release the device; its lease runs out by itself',
      });
    }
  }
}
