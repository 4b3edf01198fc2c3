/** What is done to a version on purpose, by a test or by the demonstration of a rollback. No setting and no request gives one. */
export interface Faults {
  /** Runs a completion of a version: it may make it wait, or throw instead. */
  around<T>(versionId: string, complete: () => Promise<T>): Promise<T>;
}

/** Injection token of the `Faults`; nothing is given for it in service. */
export const FAULTS = Symbol('FAULTS');
