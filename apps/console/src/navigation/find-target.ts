/** Where an id of any kind leads; null when it is none that the console knows. */
export function findTarget(text: string): string | null {
  const id = text.trim();
  if (id === '') return null;
  const target = TARGETS.find(([pattern]) => pattern.test(id));
  return target === undefined ? null : target[1] + encodeURIComponent(id);
}

/** The first that fits; a request id can be any word, so that it comes last. */
const TARGETS: readonly (readonly [RegExp, string])[] = [
  [/^ftjob-\S+$/, '/runs/'],
  [/^file-\S+$/, '/corpora/'],
  [/^ft:\S+$/, '/versions/'],
  [/^rel-\S+$/, '/releases/'],
  [/^upexp-\S+$/, '/experiments/'],
  [/^[\w.:@/+=-]{1,512}$/, '/completions/'],
];
