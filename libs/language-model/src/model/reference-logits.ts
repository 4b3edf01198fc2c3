import type { Parameters } from './parameters.js';

/** The model once more, as specs compare with it: logits after each token of a text, in plain arrays and double precision. */
export function referenceLogits(parameters: Parameters, tokens: Iterable<number>): number[][] {
  const { vocabularySize: V, embeddingDim: E, lstmUnits: H, numLayers } = parameters.architecture;
  const product = (x: readonly number[], name: string, columns: number): number[] => {
    const weights = parameters.view(name);
    return Array.from({ length: columns }, (_, c) =>
      x.reduce((sum, value, row) => sum + value * weights[row * columns + c]!, 0),
    );
  };
  const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
  const states = Array.from({ length: numLayers }, () => ({
    hidden: Array<number>(H).fill(0),
    cell: Array<number>(H).fill(0),
  }));
  return [...tokens].map((token) => {
    let x = [...parameters.view('embedding.weight').subarray(token * E, (token + 1) * E)];
    states.forEach((state, layer) => {
      const [fromX, fromHidden] = [
        product(x, `lstm.${layer}.input`, 4 * H),
        product(state.hidden, `lstm.${layer}.recurrent`, 4 * H),
      ];
      const activation = fromX.map((value, i) => value + fromHidden[i]! + parameters.view(`lstm.${layer}.bias`)[i]!);
      state.cell = state.cell.map((cell, i) => {
        return sigmoid(activation[2 * H + i]!) * cell + sigmoid(activation[i]!) * Math.tanh(activation[3 * H + i]!);
      });
      state.hidden = state.cell.map((cell, i) => sigmoid(activation[H + i]!) * Math.tanh(cell));
      const mean = state.hidden.reduce((a, b) => a + b) / H;
      const variance = state.hidden.reduce((sum, h) => sum + (h - mean) ** 2, 0) / H;
      const [gain, bias] = [parameters.view(`norm.${layer}.gain`), parameters.view(`norm.${layer}.bias`)];
      x = state.hidden.map((h, i) => ((h - mean) / Math.sqrt(variance + 1e-3)) * gain[i]! + bias[i]!);
    });
    return product(x, 'output.weight', V).map((logit, i) => logit + parameters.view('output.bias')[i]!);
  });
}
