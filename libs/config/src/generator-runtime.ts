/** Arguments for Node with which the generator is fastest: helpers that collect garbage would take the core that decodes. */
export const GENERATOR_NODE_ARGUMENTS: readonly string[] = ['--single-threaded-gc'];

/**
 * Environment with which the generator is fastest. The runtime hands out each step's results in new memory, megabytes of it; glibc
 * would fetch that from the system and give it back every time, which takes a third of a step (docs/experiments.md). Other C
 * libraries do not look at these.
 * @see mallopt(3): M_MMAP_THRESHOLD, M_TRIM_THRESHOLD; bytes
 */
export const GENERATOR_ENVIRONMENT: Readonly<Record<string, string>> = {
  MALLOC_MMAP_THRESHOLD_: String(32 * 2 ** 20),
  MALLOC_TRIM_THRESHOLD_: String(256 * 2 ** 20),
};
