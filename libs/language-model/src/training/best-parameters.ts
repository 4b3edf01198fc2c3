import { Parameters } from '../model/parameters.js';
import type { TrainingEvaluation } from './training-event.js';

/** Keeps a copy of the parameters with the lowest validation loss. */
export class BestParameters {
  private readonly copy: Parameters;
  private current: TrainingEvaluation | undefined;

  constructor(parameters: Parameters) {
    this.copy = new Parameters(parameters.architecture);
  }

  /** What the best parameters measured; undefined before the first offer. */
  get evaluation(): TrainingEvaluation | undefined {
    return this.current;
  }

  /** True when they are the best so far. */
  offer(evaluation: TrainingEvaluation, parameters: Parameters): boolean {
    const improved = !this.current || evaluation.validation.lossNats < this.current.validation.lossNats;
    if (improved) {
      this.current = evaluation;
      for (const { name } of parameters.specs) this.copy.view(name).set(parameters.view(name));
    }
    return improved;
  }

  /** The copy's numbers by name, for the training state; the arrays are live. */
  tensors(): Map<string, Float32Array> {
    return new Map(this.copy.specs.map(({ name }) => [`best.${name}`, this.copy.view(name)]));
  }

  /** Goes on after `tensors` were filled in. */
  restore(evaluation: TrainingEvaluation | null): void {
    this.current = evaluation ?? undefined;
  }

  result(): { parameters: Parameters; best: TrainingEvaluation } {
    return { parameters: this.copy, best: this.current! };
  }
}
