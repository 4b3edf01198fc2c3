import { policyInWords } from '#release-policy';
import { about, arrayOf, FIELD, fieldsSchema, nullable, objectSchema } from '../admin/admin-docs.js';
import type { PolicySimulation } from './policy-simulator.js';
import type { SimulationOrder } from './simulation.worker.js';
import type { SimulationSummary } from './summarize-releases.js';

const SUMMARY = fieldsSchema({
  releases: about(FIELD.count, 'How many ended.'),
  rolled_back: about(FIELD.number, 'Their share, 0 to 1, as are the next two.'),
  promoted: FIELD.number,
  held: FIELD.number,
  median_seconds: nullable(about(FIELD.number, 'Of those that were rolled back or promoted.')),
  median_texts: nullable(about(FIELD.number, 'Texts scored by both versions until then.')),
  rolled_back_for: about(arrayOf(FIELD.text), 'Metrics, the most frequent first.'),
});

/** What became of a simulation. */
export const POLICY_SIMULATION = objectSchema('policy_simulation', {
  in_words: about(arrayOf(FIELD.text), 'What the policy comes to, a sentence each.'),
  requests_per_second: FIELD.number,
  complete: about(FIELD.flag, 'false: the time was over before as many releases had ended as were asked for.'),
  false_alarms: about(FIELD.number, 'Share of the releases of a version that is the same which were rolled back.'),
  power: about(FIELD.number, 'Share of the releases with the effect which were rolled back.'),
  same: SUMMARY,
  changed: about(SUMMARY, 'With the effect.'),
});

export function policySimulationObject(
  order: SimulationOrder,
  { same, changed, isComplete }: PolicySimulation,
): object {
  return {
    object: 'policy_simulation',
    in_words: policyInWords(order.policy),
    requests_per_second: order.models.same.requestsPerSecond,
    complete: isComplete,
    false_alarms: same.rolledBack,
    power: changed.rolledBack,
    same: summaryObject(same),
    changed: summaryObject(changed),
  };
}

function summaryObject(summary: SimulationSummary): object {
  const { releases, rolledBack, promoted, held, medianSeconds, medianTexts, causes } = summary;
  return {
    releases,
    rolled_back: rolledBack,
    promoted,
    held,
    median_seconds: medianSeconds,
    median_texts: medianTexts,
    rolled_back_for: causes,
  };
}
