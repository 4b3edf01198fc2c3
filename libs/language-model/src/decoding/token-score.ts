/** What the model thought of one token, in nats: before temperature, penalties, bias and cut-offs. */
export interface TokenScore {
  readonly logprob: number;
  /** The most probable tokens, best first. */
  readonly top: readonly { readonly id: number; readonly logprob: number }[];
}
