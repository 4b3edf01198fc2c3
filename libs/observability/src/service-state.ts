import { Injectable } from '@nestjs/common';

/** Whether a service is about to stop. */
@Injectable()
export class ServiceState {
  #isStopping = false;

  /** It was told to stop: it is not ready for new clients, and finishes what runs. */
  get isStopping(): boolean {
    return this.#isStopping;
  }

  beginStop(): void {
    this.#isStopping = true;
  }
}
