import { describe, expect, it } from 'vitest';
import { adviseUpgrade } from './advise-upgrade.js';
import { exampleEvidence, type ExampleFacts } from './example-evidence.js';
import { renderUpgradeReport } from './render-upgrade-report.js';
import type { RuleSet, UpgradeReport } from './upgrade-report.js';

describe('renderUpgradeReport', () => {
  const reportOf = (given: ExampleFacts, policy: RuleSet = 'measured'): UpgradeReport => {
    const evidence = exampleEvidence(given);
    const advice = adviseUpgrade(evidence, policy);
    const about = { createdAt: '2026-11-22T12:00:00.000Z', subject: 'upexp-1', trainingFile: 'books.txt', seed: 7 };
    return { format: 'understudy-upgrade-report', version: 1, ...about, advice, evidence };
  };
  const given: ExampleFacts = { from: { accuracy: 39, gap: 1 }, to: { accuracy: 40, gap: 2 }, gains: { to: 0.05 } };

  it('is the same from the report and from its JSON', () => {
    const report = reportOf(given);
    expect(renderUpgradeReport(JSON.parse(JSON.stringify(report)) as UpgradeReport)).toBe(renderUpgradeReport(report));
  });

  it('begins with the verdict, and names what the other rule set says', () => {
    const text = renderUpgradeReport(reportOf(given));
    expect(text).toMatch(/^# small to medium: upgrade to medium\n/);
    expect(text).toContain('`literal` says: keep small');
  });

  it('shows each rule with number, limit and source', () => {
    const report = reportOf(given);
    const text = renderUpgradeReport(report);
    for (const { rules } of Object.values(report.advice.ruleSets)) {
      for (const { source } of rules) expect(text).toContain(source);
    }
    expect(text).toContain(
      '| candidate\\_improvement | medium | validation accuracy above that of the smaller model | 1 points | at least 3 | fail |',
    );
    expect(text).toContain('0.0500 nats saved per token (95% interval 0.0400 to 0.0600)');
  });

  it('lets no text of a model or a document become markup', () => {
    const text = renderUpgradeReport(reportOf(given));
    expect(text).toContain('> The &lt;old> \\*captain\\*');
    expect(text).toContain('> \\# no heading\n> | no cell');
    const headings = text.split('\n').filter((line) => line.startsWith('#'));
    expect(headings).not.toContainEqual(expect.stringMatching(/no heading/));
    for (const table of text.split('\n\n').filter((block) => block.startsWith('|'))) {
      const bars = table.split('\n').map((line) => line.replaceAll('\\|', '').split('|').length);
      expect(new Set(bars).size).toBe(1);
    }
  });

  it('names the release that it has opened', () => {
    const report = reportOf(given);
    expect(renderUpgradeReport({ ...report, release: 'rel-1' })).toContain('`GET /v1/admin/releases/rel-1`');
    expect(renderUpgradeReport({ ...report, release: null })).toBe(renderUpgradeReport(report));
  });

  it('says how many tokens to collect', () => {
    const text = renderUpgradeReport(reportOf({ from: { accuracy: 39, gap: 6, trainingTokens: 20e6 } }));
    expect(text).toMatch(/^# small to medium: collect more data \(19,194,960 more training tokens\)/);
    expect(text).toContain('medium is not trained yet');
  });
});
