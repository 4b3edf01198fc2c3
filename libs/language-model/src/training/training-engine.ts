import { GraphSession, type Device, type HostTensor } from '#tensor-graph';
import type { Architecture } from '../model/architecture.js';
import { buildEvaluationGraph, buildTrainingGraph } from './training-graph.js';

/** A compiled computation with named inputs and outputs. The owner calls `dispose`. */
export interface ModelProgram {
  /** Computes all outputs; those named in `results` are written into the tensors given there. */
  run(
    feeds: Readonly<Record<string, HostTensor>>,
    results?: Readonly<Record<string, HostTensor>>,
  ): Promise<Record<string, HostTensor>>;
  dispose(): Promise<void>;
}

/**
 * What computes loss and gradients. Optimizer, dropout masks and clipping are common to all engines and stay on the host, so
 * that an engine is two programs with the inputs and outputs of `buildTrainingGraph` and `buildEvaluationGraph`.
 */
export interface TrainingEngine {
  readonly name: 'onnxruntime' | 'tensorflow';
  /** Such as `cpu`, `cuda`, `webgpu`. */
  readonly device: string;
  trainingProgram(architecture: Architecture, sequenceLength: number, withDropout: boolean): Promise<ModelProgram>;
  evaluationProgram(architecture: Architecture, sequenceLength: number): Promise<ModelProgram>;
}

/** The graphs of this library on ONNX Runtime. */
export class OnnxRuntimeEngine implements TrainingEngine {
  readonly name = 'onnxruntime';

  /** @param threads 0 = one per core */
  constructor(
    private readonly threads: number,
    readonly device: Device = 'cpu',
  ) {}

  trainingProgram(architecture: Architecture, sequenceLength: number, withDropout: boolean): Promise<ModelProgram> {
    return this.open(buildTrainingGraph(architecture, sequenceLength, withDropout, this.device));
  }

  evaluationProgram(architecture: Architecture, sequenceLength: number): Promise<ModelProgram> {
    return this.open(buildEvaluationGraph(architecture, sequenceLength, this.device));
  }

  private open(model: Uint8Array): Promise<GraphSession> {
    return GraphSession.create(model, { threads: this.threads, device: this.device });
  }
}
