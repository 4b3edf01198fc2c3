/** How the trainer is. */
export interface TrainerHealth {
  /** `unknown`: this generator does not know where it is. */
  readonly state: 'up' | 'away' | 'unknown';
  readonly queue: { readonly waiting: number; readonly active: number } | null;
  /** What keeps it from working. */
  readonly problem: string | null;
}

const TIMEOUT_MS = 1500;

/** Asks the trainer itself; never rejected. */
export async function readTrainerHealth(trainerUrl: string | null): Promise<TrainerHealth> {
  if (trainerUrl === null) return { state: 'unknown', queue: null, problem: 'TRAINER_URL is not set.' };
  try {
    const response = await fetch(new URL('/health/ready', trainerUrl), { signal: AbortSignal.timeout(TIMEOUT_MS) });
    const body = (await response.json()) as { queue?: TrainerHealth['queue']; error?: { message?: string } };
    if (response.ok) return { state: 'up', queue: body.queue ?? null, problem: null };
    return { state: 'away', queue: null, problem: body.error?.message ?? `It answers with ${response.status}.` };
  } catch {
    return { state: 'away', queue: null, problem: 'It does not answer.' };
  }
}
