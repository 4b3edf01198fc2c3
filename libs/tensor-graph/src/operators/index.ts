export { add, atLeast, divide, exp, log, multiply, negate, sigmoid, sqrt, subtract, tanh } from './elementwise.js';
export { concat, flattenSteps, reduceMean, reduceSum, reshape, slice, split, transpose } from './shape.js';
export { matMul } from './linear-algebra.js';
export { gatherRows, pickFromRows, rankOf } from './indexing.js';
export { layerNormalization, softmax } from './normalization.js';
export { fusedLstm, lstm, lstmCell, type LstmState, type LstmWeights } from './lstm.js';
export { quantize, quantizedMatMul } from './quantization.js';
export { linearCrossEntropy } from './cross-entropy.js';
