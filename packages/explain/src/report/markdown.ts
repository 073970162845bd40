import type { Answer } from './answer.ts';
import { duration, percent } from './figures.ts';
import { printable } from './printable.ts';

export function markdown(answer: Answer): string {
  const { verdict, window, causes, timeline, impact, time, pools, retries, cycles, coverage, changes } = answer;
  const parts = [
    `# ${verdict === 'healthy' ? 'Healthy' : `What broke first (${verdict})`}`,
    safe(answer.text),
    `Looked at: ${window.from} to ${window.to}${window.baseline ? `, compared with ${window.baseline.from} to ${window.baseline.to}` : ''}; ` +
      `${coverage.traces} traces, ${coverage.spans} spans of ${safe(coverage.services.join(', '))}.`,
    section(
      'Causes',
      ['', 'kind', 'where', 'operation', 'slow or failed requests', 'traces'],
      causes.map((each) => [
        String(each.rank),
        each.kind,
        [each.service, each.resource].filter(Boolean).join(': '),
        each.operation ?? '',
        `${each.requests} (${percent(each.explains)})`,
        each.traceIds.join(' '),
      ]),
    ),
    section(
      'Timeline',
      ['UTC', '±', 'service', '', 'trace'],
      timeline.map((each) => [
        each.at.slice(11, 23),
        each.plusMinusMs >= 1 ? duration(each.plusMinusMs) : '',
        each.service,
        each.text,
        each.traceIds[0] ?? '',
      ]),
    ),
    section(
      'Impact',
      ['service', 'route', 'requests', 'slow', 'failed', 'p95', 'usually'],
      impact.map((each) => [
        each.service,
        each.route,
        String(each.requests),
        String(each.slow),
        String(each.failed),
        duration(each.p95Ms),
        each.baselineP95Ms === null ? '' : duration(each.baselineP95Ms),
      ]),
    ),
    section(
      'Before and after',
      ['', 'service', 'operation', 'before', 'after', 'calls'],
      (changes ?? []).map((each) => [
        each.what,
        each.service,
        each.operation,
        String(each.before ?? ''),
        String(each.after ?? ''),
        String(each.calls),
      ]),
    ),
    section(
      'Where the time went',
      ['share', 'service', 'on', 'operation'],
      time.map((each) => [percent(each.share), each.service, each.spentOn, each.operation]),
    ),
    section(
      'Pools',
      ['service', 'pool', 'limit', 'waits', 'longest', 'held by'],
      pools.map((each) => [
        each.service,
        each.pool,
        String(each.limit ?? ''),
        String(each.waits),
        duration(each.longestWaitMs),
        each.holders.join(', '),
      ]),
    ),
    section(
      'Retries',
      ['service', 'of', 'first tries', 'tries again', 'pauses differ'],
      retries.map((each) => [
        each.service,
        each.target,
        String(each.firstTries),
        String(each.resends),
        each.jitter === null ? '' : each.jitter ? 'yes' : 'no',
      ]),
    ),
    section(
      'Circles of calls',
      ['services'],
      cycles.map((each) => [each.join(' ⇄ ')]),
    ),
    section(
      'Not seen',
      [''],
      coverage.blindSpots.map((each) => [each]),
    ),
  ];
  return `${parts.filter(Boolean).join('\n\n')}\n`;
}

function section(title: string, head: string[], rows: string[][]): string {
  if (rows.length === 0) return '';
  const line = (cells: string[]): string => `| ${cells.map((cell) => safe(cell).replaceAll('|', '\\|')).join(' | ')} |`;
  return [`## ${title}`, '', line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Names are untrusted: HTML, images, links are escaped; code stays. */
function safe(text: string): string {
  return printable(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/([![\]])/g, '\\$1');
}
