import type { Impact, PoolRow, Report, RetryRow, TimeRow } from '../contract.ts';
import { Bar } from '../frame/bar.tsx';
import { Table } from '../frame/table.tsx';
import { Text } from '../frame/text.tsx';
import { address } from '../route.ts';
import { quoted } from '../search-word.ts';
import { number, percent } from '../words/count.ts';
import { duration } from '../words/duration.ts';
import { clock, dateTime } from '../words/time.ts';

export function WhatIf({ report }: { report: Report }) {
  const [worst] = report.impact;
  if (!worst) return null;
  const allFailed = report.impact.reduce((sum, each) => sum + each.failed, 0);
  const isSpared = allFailed > 0;
  const items = report.whatIf
    // What came before may have been slower, as of another incident.
    .map((each) => ({ ...each, isSooner: each.p95Ms < worst.p95Ms }))
    .filter(({ isSooner }) => isSooner || isSpared);
  if (items.length === 0) return null;
  return (
    <section aria-labelledby="what-if">
      <h2 id="what-if">What if</h2>
      <ul>
        {items.map(({ without, p95Ms, failed, isSooner }) => (
          <li key={without}>
            Without {without === 1 ? 'the cause' : `cause ${without}`}{' '}
            {isSooner && (
              <>
                95 % of the requests to <Text of={worst.route} /> would have ended within{' '}
                <strong>{duration(p95Ms)}</strong>, not {duration(worst.p95Ms)}
              </>
            )}
            {isSooner && isSpared && '; '}
            {isSpared && `${number(failed)} requests would have failed, not ${number(allFailed)}`}.
          </li>
        ))}
      </ul>
    </section>
  );
}

export function ImpactTable({ rows }: { rows: readonly Impact[] }) {
  if (rows.length === 0) return null;
  return (
    <Table
      title="Who was hit"
      columns={['Route', 'Service', 'Requests#', 'Slow#', 'Failed#', 'p95#', 'Usually#']}
      rows={rows.map((row) => ({
        key: `${row.service} ${row.route}`,
        cells: [
          <a href={address('traces', { q: `service:${quoted(row.service)}` })}>
            <Text of={row.route} />
          </a>,
          <Text of={row.service} />,
          number(row.requests),
          number(row.slow),
          row.failed > 0 ? `✕ ${number(row.failed)}` : '0',
          duration(row.p95Ms),
          row.baselineP95Ms === null ? 'not known' : duration(row.baselineP95Ms),
        ],
      }))}
    />
  );
}

export function TimeTable({ rows }: { rows: readonly TimeRow[] }) {
  if (rows.length === 0) return null;
  return (
    <Table
      title="Where 80 % of the time went"
      columns={['Share', 'Service', 'Operation', 'Spent on', 'Time#']}
      rows={rows.map((row) => ({
        key: `${row.service} ${row.operation} ${row.spentOn}`,
        cells: [
          <Bar share={row.share} label={percent(row.share)} />,
          <Text of={row.service} />,
          <Text of={row.operation} />,
          <Text of={row.spentOn} />,
          duration(row.ms),
        ],
      }))}
    />
  );
}

export function PoolTable({ rows }: { rows: readonly PoolRow[] }) {
  if (rows.length === 0) return null;
  return (
    <Table
      title="Pools that were full"
      columns={['Pool', 'Limit#', 'Waits#', 'Longest#', 'When', 'Held longest by']}
      rows={rows.map((row) => ({
        key: `${row.service} ${row.pool}`,
        cells: [
          <>
            <Text of={row.pool} />{' '}
            <span class="quiet">
              in <Text of={row.service} />
            </span>
          </>,
          row.limit ?? 'not known',
          number(row.waits),
          duration(row.longestWaitMs),
          <span title={`${dateTime(Date.parse(row.from))} to ${dateTime(Date.parse(row.to))}`}>
            {clock(Date.parse(row.from))} to {clock(Date.parse(row.to))}
          </span>,
          <Text of={row.holders.join(', ') || 'not known'} />,
        ],
      }))}
    />
  );
}

export function RetryTable({ rows }: { rows: readonly RetryRow[] }) {
  if (rows.length === 0) return null;
  return (
    <Table
      title="Calls made again"
      columns={['From', 'To', 'First tries#', 'Made again#', 'Pauses']}
      rows={rows.map((row) => ({
        key: `${row.service} ${row.target}`,
        cells: [
          <Text of={row.service} />,
          <Text of={row.target} />,
          number(row.firstTries),
          number(row.resends),
          pausesOf(row),
        ],
      }))}
    />
  );
}

function pausesOf({ jitter }: RetryRow): string {
  if (jitter === null) return 'not known';
  return jitter ? 'differ (jitter)' : '⚠ all the same: no jitter';
}
