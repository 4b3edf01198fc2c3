import type { Architecture, ModelProgram, TrainingEngine } from '#language-model/workbench';
import { evaluationOutputs, trainingOutputs } from './model-outputs.js';
import { TensorFlowProgram } from './tensorflow-program.js';
import { loadTensorFlow, type LoadedTensorFlow, type TensorFlowPackage } from './tensorflow-packages.js';

/**
 * The training engine on TensorFlow.js: the model once more in its operations, with its gradients. Numbers, names and shapes
 * are those of the graphs on ONNX Runtime, so a run may go on with either engine.
 */
export class TensorFlowEngine implements TrainingEngine {
  readonly name = 'tensorflow';

  private constructor(private readonly loaded: LoadedTensorFlow) {}

  /** @throws device_unavailable when the package is not installed or does not load */
  static async load(name: TensorFlowPackage): Promise<TensorFlowEngine> {
    return new TensorFlowEngine(await loadTensorFlow(name));
  }

  get device(): 'cpu' | 'cuda' {
    return this.loaded.device;
  }

  trainingProgram(architecture: Architecture, sequenceLength: number, withDropout: boolean): Promise<ModelProgram> {
    const { tf } = this.loaded;
    return Promise.resolve(
      new TensorFlowProgram(tf, (inputs) => trainingOutputs(tf, architecture, sequenceLength, withDropout, inputs)),
    );
  }

  evaluationProgram(architecture: Architecture, sequenceLength: number): Promise<ModelProgram> {
    const { tf } = this.loaded;
    return Promise.resolve(
      new TensorFlowProgram(tf, (inputs) => evaluationOutputs(tf, architecture, sequenceLength, inputs)),
    );
  }
}
