import { loadTensorFlow, type TensorFlowPackage } from './tensorflow-packages.js';
import type { TensorFlowAnswer } from './tensorflow-probe.js';

/** Tries the package named on the command line, tells the parent, and ends; see `probeTensorFlow`. */
async function attempt(name: TensorFlowPackage): Promise<TensorFlowAnswer> {
  try {
    const { tf, version, device } = await loadTensorFlow(name);
    const square = tf.fill([2, 2], 3);
    const [product] = await tf.matMul(square, square).data();
    return product === 18 ? { version, device } : { error: `it multiplies wrongly: ${product} instead of 18` };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

const answer = await attempt(process.argv[2] as TensorFlowPackage);
process.send!(answer, () => process.exit(0));
