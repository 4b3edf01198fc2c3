/** The right to carry out a request once. It is part of the `Actor` of the change, which notes it in its transaction. */
export interface RequestClaim {
  readonly apiKeyId: string;
  /** What the client calls the request. */
  readonly key: string;
  /** Counts the processes that began it. */
  readonly fence: number;
}
