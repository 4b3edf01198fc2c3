/** A server to send requests to. */
export interface Target {
  readonly baseUrl: string;
  readonly key: string;
}

/** What to send, how fast, and for how long. */
export interface LoadPlan {
  readonly model: string;
  /** `max_tokens` of each request. */
  readonly tokens: number;
  readonly stream: boolean;
  /** Closed loop: how many send their next request when the last one is answered. Open loop: most connections. */
  readonly clients: number;
  /** Open loop: mean arrivals per second, at random moments (a Poisson process); 0 for a closed loop. */
  readonly rate: number;
  /** Exchanges that end in this time after the start are not counted. */
  readonly warmUpMs: number;
  /** How long exchanges are counted. */
  readonly durationMs: number;
  /** Stops after so many counted exchanges, if that is sooner; Infinity for no such end. */
  readonly requests: number;
  /** Share of requests whose client goes away before the answer is complete, 0 to 1. */
  readonly aborts: number;
  readonly seed: number;
  /** Whether answers to streams are kept whole. */
  readonly keepBodies: boolean;
}

/** A modest closed loop; what a caller does not say. */
export const DEFAULT_PLAN: LoadPlan = {
  model: 'production',
  tokens: 64,
  stream: false,
  clients: 64,
  rate: 0,
  warmUpMs: 2_000,
  durationMs: 10_000,
  requests: Infinity,
  aborts: 0,
  seed: 1,
  keepBodies: false,
};

const PROMPTS = ['w1 w2 w3', 'w10 w11', 'w7', 'w5 w20 w31 w42', 'w2 w4 w8 w16'];

/** The body of the request with this number; the same one asks for the same text. */
export function requestBody(plan: LoadPlan, number: number): object {
  return {
    model: plan.model,
    prompt: PROMPTS[number % PROMPTS.length],
    max_tokens: plan.tokens,
    seed: plan.seed * 1_000_000 + number,
    stream: plan.stream,
    // Events may hold several tokens; only the usage says how many there were.
    ...(plan.stream ? { stream_options: { include_usage: true } } : {}),
  };
}
