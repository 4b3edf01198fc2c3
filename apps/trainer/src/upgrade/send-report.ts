import type { FastifyReply } from 'fastify';
import { renderUpgradeReport, type UpgradeReport } from '#language-model/upgrade';

/** A report as JSON, or as Markdown where that was asked for. */
export function sendReport(
  report: UpgradeReport,
  format: 'json' | 'markdown' | undefined,
  accept: string | undefined,
  reply: FastifyReply,
): UpgradeReport | string {
  if ((format ?? preferred(accept)) === 'json') return report;
  void reply.type('text/markdown; charset=utf-8');
  return renderUpgradeReport(report);
}

/** Markdown where the header names it before JSON, or alone. */
function preferred(accept = ''): 'json' | 'markdown' {
  const markdown = accept.indexOf('text/markdown');
  const json = accept.indexOf('application/json');
  return markdown !== -1 && (json === -1 || markdown < json) ? 'markdown' : 'json';
}
