/** Thrown where work ends because a person asked for it. */
export class StopRequested extends Error {
  override readonly name = 'StopRequested';
}

/** What has to be undone at the end, last thing first. */
export class Shutdown {
  private readonly steps: (() => void | Promise<void>)[] = [];

  /** Adds a step, to run before those that were added earlier. */
  add(step: () => void | Promise<void>): void {
    this.steps.push(step);
  }

  /** Runs every step, also after one failed; throws the first failure at the end. */
  async run(): Promise<void> {
    const failures: unknown[] = [];
    for (let step = this.steps.pop(); step !== undefined; step = this.steps.pop()) {
      try {
        await step();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
