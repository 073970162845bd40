import type { ComponentChildren } from 'preact';
import type { Impact, PoolRow, Report, RetryRow, TimeRow } from '../contract.ts';
import { Bar } from '../frame/bar.tsx';
import { Text } from '../frame/text.tsx';
import { address } from '../route.ts';
import { quoted } from '../search-word.ts';
import { number, percent } from '../words/count.ts';
import { duration } from '../words/duration.ts';
import { clock, dateTime } from '../words/time.ts';

interface TableProps {
  title: string;
  columns: readonly string[];
  children: ComponentChildren;
}

/** Scrolls by itself in a narrow page. */
function Table({ title, columns, children }: TableProps) {
  const id = title.toLowerCase().replaceAll(/[^a-z]+/g, '-');
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <div class="wide" tabIndex={0} role="region" aria-labelledby={id}>
        <table>
          <thead>
            <tr>
              {columns.map((column) => (
                <th key={column} scope="col" class={column.endsWith('#') ? 'figure' : ''}>
                  {column.replace('#', '')}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>{children}</tbody>
        </table>
      </div>
    </section>
  );
}

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
    <Table title="Who was hit" columns={['Route', 'Service', 'Requests#', 'Slow#', 'Failed#', 'p95#', 'Usually#']}>
      {rows.map((row) => (
        <tr key={`${row.service} ${row.route}`}>
          <td>
            <a href={address('traces', { q: `service:${quoted(row.service)}` })}>
              <Text of={row.route} />
            </a>
          </td>
          <td>
            <Text of={row.service} />
          </td>
          <td class="figure">{number(row.requests)}</td>
          <td class="figure">{number(row.slow)}</td>
          <td class="figure">{row.failed > 0 ? `✕ ${number(row.failed)}` : '0'}</td>
          <td class="figure">{duration(row.p95Ms)}</td>
          <td class="figure">{row.baselineP95Ms === null ? 'not known' : duration(row.baselineP95Ms)}</td>
        </tr>
      ))}
    </Table>
  );
}

export function TimeTable({ rows }: { rows: readonly TimeRow[] }) {
  if (rows.length === 0) return null;
  return (
    <Table title="Where 80 % of the time went" columns={['Share', 'Service', 'Operation', 'Spent on', 'Time#']}>
      {rows.map((row) => (
        <tr key={`${row.service} ${row.operation} ${row.spentOn}`}>
          <td class="share">
            <Bar share={row.share} label={percent(row.share)} />
          </td>
          <td>
            <Text of={row.service} />
          </td>
          <td>
            <Text of={row.operation} />
          </td>
          <td>
            <Text of={row.spentOn} />
          </td>
          <td class="figure">{duration(row.ms)}</td>
        </tr>
      ))}
    </Table>
  );
}

export function PoolTable({ rows }: { rows: readonly PoolRow[] }) {
  if (rows.length === 0) return null;
  return (
    <Table title="Pools that were full" columns={['Pool', 'Limit#', 'Waits#', 'Longest#', 'When', 'Held longest by']}>
      {rows.map((row) => (
        <tr key={`${row.service} ${row.pool}`}>
          <td>
            <Text of={row.pool} />{' '}
            <span class="quiet">
              in <Text of={row.service} />
            </span>
          </td>
          <td class="figure">{row.limit ?? 'not known'}</td>
          <td class="figure">{number(row.waits)}</td>
          <td class="figure">{duration(row.longestWaitMs)}</td>
          <td title={`${dateTime(Date.parse(row.from))} to ${dateTime(Date.parse(row.to))}`}>
            {clock(Date.parse(row.from))} to {clock(Date.parse(row.to))}
          </td>
          <td>
            <Text of={row.holders.join(', ') || 'not known'} />
          </td>
        </tr>
      ))}
    </Table>
  );
}

export function RetryTable({ rows }: { rows: readonly RetryRow[] }) {
  if (rows.length === 0) return null;
  return (
    <Table title="Calls made again" columns={['From', 'To', 'First tries#', 'Made again#', 'Pauses']}>
      {rows.map((row) => (
        <tr key={`${row.service} ${row.target}`}>
          <td>
            <Text of={row.service} />
          </td>
          <td>
            <Text of={row.target} />
          </td>
          <td class="figure">{number(row.firstTries)}</td>
          <td class="figure">{number(row.resends)}</td>
          <td>{pausesOf(row)}</td>
        </tr>
      ))}
    </Table>
  );
}

function pausesOf({ jitter }: RetryRow): string {
  if (jitter === null) return 'not known';
  return jitter ? 'differ (jitter)' : '⚠ all the same: no jitter';
}
