import { markdownQuote, markdownTable } from './markdown-table.js';
import type { ModelComparison, ModelRole } from './model-comparison.js';
import type { PresetEvidence, RuleSetAdvice, UpgradeReport, UpgradeVerdict } from './upgrade-report.js';

const NONE = '–';

/**
 * The report as Markdown for a ticket: verdict and reasons, both rule sets with every number, limit and source, models side by side,
 * predicted and actual time, sample texts.
 */
export function renderUpgradeReport(report: UpgradeReport): string {
  const { advice, evidence } = report;
  const { from, to } = evidence;
  const sections = [
    `# ${from.preset} to ${to.preset}: ${verdictInWords(report, advice.verdict)}`,
    `${report.subject} on ${code(report.trainingFile)}, seed ${report.seed}, ${report.createdAt}. ` +
      (advice.stage === 'before' ? `${to.preset} is not trained yet. ` : '') +
      `Decided by the rule set \`${advice.policy}\`; \`${otherSet(report).ruleSet}\` says: ${verdictInWords(report, otherSet(report).verdict)}.`,
    advice.ruleSets[advice.policy].reasons.map((reason) => `- ${reason}`).join('\n'),
    ...(report.release ? [releaseLine(report.release)] : []),
    '## Side by side',
    sideBySide(report),
    ...(evidence.comparison === null ? [] : heldOut(report, evidence.comparison)),
    '## Rules',
    ...[advice.ruleSets.literal, advice.ruleSets.measured].flatMap((rules) => [
      `### ${rules.ruleSet}: ${verdictInWords(report, rules.verdict)}`,
      ruleTable(rules),
    ]),
    '## Time of training',
    timeTable(report),
    `Predicted from: a second of matrix products before the run; the speed of ${from.preset} and the operations per token; the speed of ${from.preset} and the upgrade document's "about 15% slower". The document's own 2 to 3 and 3 to 4 hours are for 30 epochs on an RTX 3080 Ti.`,
    ...samples(report),
  ];
  return `${sections.join('\n\n')}\n`;
}

function releaseLine(id: string): string {
  return `The release ${code(id)} was opened: ${code(`GET /v1/admin/releases/${id}`)} of the generator shows how far it is.`;
}

function otherSet({ advice }: UpgradeReport): RuleSetAdvice {
  return advice.ruleSets[advice.policy === 'literal' ? 'measured' : 'literal'];
}

function verdictInWords({ advice, evidence }: UpgradeReport, verdict: UpgradeVerdict): string {
  const { from, to, fallback } = evidence;
  const missing = advice.ratios.find(({ role }) => role === 'to')?.tokensMissing ?? 0;
  switch (verdict) {
    case 'upgrade':
      return advice.stage === 'before' ? `${to.preset} is worth training` : `upgrade to ${to.preset}`;
    case 'keep_small':
      return `keep ${from.preset}`;
    case 'use_intermediate':
      return `use ${fallback?.preset ?? 'the model in between'}`;
    case 'collect_more_data':
      return `collect more data (${whole(missing)} more training tokens)`;
  }
}

/** Models of the experiment that are trained. */
function trained({ evidence }: UpgradeReport): (PresetEvidence & { run: NonNullable<PresetEvidence['run']> })[] {
  const { from, to, fallback } = evidence;
  return [from, to, fallback].flatMap((model) => (model?.run ? [{ ...model, run: model.run }] : []));
}

function sideBySide(report: UpgradeReport): string {
  const models = trained(report);
  const ratioOf = (preset: string) => report.advice.ratios.find((ratio) => ratio.preset === preset)?.ratio ?? NaN;
  type Model = (typeof models)[number];
  const rows: [string, (model: Model) => string][] = [
    ['version', ({ run }) => run.id],
    ['parameters', ({ run }) => whole(run.parameters)],
    ['training tokens', ({ run }) => whole(run.trainingTokens)],
    ['training sequences per parameter', ({ preset }) => ratioOf(preset).toFixed(2)],
    ['tokens trained on, all passes', ({ run }) => whole(run.trainedTokens)],
    ['training loss, nats', ({ run }) => run.metrics.train.lossNats.toFixed(3)],
    ['validation loss, nats', ({ run }) => run.metrics.validation.lossNats.toFixed(3)],
    ['validation perplexity', ({ run }) => run.metrics.validation.perplexity.toFixed(1)],
    ['training accuracy', ({ run }) => percent(run.metrics.train.top1)],
    ['validation accuracy', ({ run }) => percent(run.metrics.validation.top1)],
    ['gap, points', ({ run }) => run.metrics.gapPoints.toFixed(1)],
    ['training speed, tokens/s', ({ run }) => whole(run.metrics.tokensPerSecond)],
    ['training time', ({ run }) => duration(run.metrics.trainingSeconds)],
    ['stopped early', ({ run }) => (run.metrics.stoppedEarly ? 'yes' : 'no')],
  ];
  return markdownTable(
    ['', ...models.map(({ preset }) => preset)],
    rows.map(([name, value]) => [name, ...models.map(value)]),
  );
}

function heldOut(report: UpgradeReport, comparison: ModelComparison): string[] {
  const { heldOut: text, models, baseline, pairs, corpus } = comparison;
  const rows = models.map(({ preset, evaluation: { lossNats, perplexity, top1, top5 } }) => [
    preset,
    lossNats.toFixed(4),
    perplexity.toFixed(1),
    percent(top1),
    percent(top5),
  ]);
  const { lossNats, perplexity, top1 } = baseline.evaluation;
  rows.push(['interpolated trigrams', lossNats.toFixed(4), perplexity.toFixed(1), percent(top1), NONE]);
  const name = nameOf(report);
  const pairLines = pairs.map(({ role, gainNats: g, gainPoints: p, wins, confidence, resamples, unit, units }) => {
    return (
      `- ${name(role)} against ${name('from')}: ${g.estimate.toFixed(4)} nats saved per token (${percent(confidence, 0)} interval ${g.low.toFixed(4)} to ${g.high.toFixed(4)}), ` +
      `${p.estimate.toFixed(2)} points of accuracy gained (${p.low.toFixed(2)} to ${p.high.toFixed(2)}), the lower loss on ${percent(wins)} of the tokens; bootstrap of ${units} ${unit}, ${whole(resamples)} resamples.`
    );
  });
  return [
    '## The same held-out text',
    `${whole(text.tokens)} tokens of ${text.documents} documents of the ${text.part} part, which no model was trained on; ${percent(corpus[text.part].coverage)} of that part is in the vocabulary, unknown words count as a class. Corpus: ${corpus.documents} documents, ${whole(corpus.train.tokens)} training tokens, ${corpus.findings.length} findings.`,
    markdownTable(['model', 'loss, nats', 'perplexity', 'top-1', 'top-5'], rows),
    ...(pairLines.length === 0 ? [] : [pairLines.join('\n')]),
  ];
}

function nameOf({ evidence }: UpgradeReport): (role: ModelRole) => string {
  return (role) => evidence[role]?.preset ?? role;
}

function ruleTable({ rules }: RuleSetAdvice): string {
  const number = (value: number): string => String(Number(value.toPrecision(4)));
  return markdownTable(
    ['rule', 'model', 'what', 'value', 'limit', 'outcome', 'source'],
    rules.map(({ rule, preset, subject, value, limit, unit, outcome, source }) => [
      rule,
      preset,
      subject,
      value === null ? NONE : `${number(value)} ${unit}`,
      `${limit.comparison} ${limit.value}`,
      outcome,
      source,
    ]),
  );
}

function timeTable({ advice }: UpgradeReport): string {
  const time = (seconds: number | null): string => (seconds === null ? NONE : duration(seconds));
  return markdownTable(
    ['model', 'tokens', 'by matrix products', 'by operations', 'by the document', 'actual'],
    advice.timeline.map((entry) => [
      entry.preset,
      whole(entry.trainedTokens),
      time(entry.byEstimate),
      time(entry.byOperations),
      time(entry.byDocument),
      time(entry.actual),
    ]),
  );
}

function samples(report: UpgradeReport): string[] {
  const { comparison } = report.evidence;
  const name = nameOf(report);
  if (comparison === null || comparison.samples.length === 0) {
    return [
      '## Sample texts',
      ...trained(report).flatMap(({ preset, run }) => [`${preset}:`, markdownQuote(run.metrics.sample)]),
    ];
  }
  return [
    '## Sample texts',
    'The same beginnings, continued with the same random numbers.',
    ...comparison.samples.flatMap(({ prompt, original, texts }, index) => [
      `### ${index + 1}`,
      ...(prompt === '' ? ['From the beginning of a text.'] : ['Prompt:', markdownQuote(prompt)]),
      ...(original === '' ? [] : ['In the document:', markdownQuote(original)]),
      ...texts.flatMap(({ role, text }) => [`${name(role)}:`, markdownQuote(text)]),
    ]),
  ];
}

const code = (text: string): string => `\`${text.replaceAll('`', "'").replaceAll(/\s+/gu, ' ')}\``;
const whole = (value: number): string => Math.round(value).toLocaleString('en');
const percent = (share: number, digits = 1): string => `${(100 * share).toFixed(digits)}%`;

function duration(seconds: number): string {
  if (seconds < 120) return `${seconds.toFixed(0)} s`;
  if (seconds < 7200) return `${(seconds / 60).toFixed(0)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}
