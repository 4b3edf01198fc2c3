import { formatCount } from '../training/progress-text.js';
import type { Advice, Experiment } from './experiment.js';

/** What an experiment has come to, as sentences for a person, one per line. */
export function describeOutcome(
  { from, to, fallback }: Experiment,
  { verdict, tokens_needed, reasons }: Advice,
): string[] {
  return [headline(verdict, { from, to, fallback: fallback ?? to, tokens: tokens_needed }), ...reasons];
}

/** What the rules say after the smaller model, in one line; the reasons are told at the end. */
export function describeFirstAdvice({ from, to }: Experiment, { verdict }: Advice): string {
  return verdict === 'upgrade'
    ? `By what "${from}" has shown, "${to}" is worth training.`
    : `By what "${from}" has shown, "${to}" is not worth it (${verdict}). It is trained all the same, to see.`;
}

/** What the verdict has changed about what serves. */
export function describeRelease({ from, to, release }: Experiment): string {
  return release === null
    ? `Nothing was released by it: "${from}" goes on serving.`
    : `The release ${release} is open: "${to}" takes over step by step, as long as it is not worse. GET /v1/admin/releases/${release} of the generator shows how far it is.`;
}

function headline(
  verdict: string,
  { from, to, fallback, tokens }: { from: string; to: string; fallback: string; tokens: number },
): string {
  switch (verdict) {
    case 'upgrade':
      return `Verdict: upgrade. "${to}" is better than "${from}".`;
    case 'use_intermediate':
      return `Verdict: use_intermediate. "${to}" does not hold, "${fallback}" does.`;
    case 'collect_more_data':
      return `Verdict: collect_more_data. "${to}" wants ${formatCount(tokens)} more tokens to train on.`;
    default:
      return `Verdict: ${verdict}. Stay with "${from}".`;
  }
}
