import { Text } from '../frame/text.tsx';
import { useRef } from 'preact/hooks';
import type { TraceSummary } from '../contract.ts';
import { Bar } from '../frame/bar.tsx';
import { traceAddress } from '../route.ts';
import { printable, shortened } from '../words/attribute.ts';
import { count } from '../words/count.ts';
import { duration } from '../words/duration.ts';
import { ago, clock, dateTime, day } from '../words/time.ts';

const LONGEST_NAME = 160;

/** Newest first. */
export function TraceList({ traces }: { traces: readonly TraceSummary[] }) {
  const list = useRef<HTMLOListElement>(null);
  const longest = Math.max(...traces.map(({ durationMs }) => durationMs), 1);
  const move = (event: KeyboardEvent): void => {
    const links = [...list.current!.querySelectorAll('a')];
    const here = links.indexOf(document.activeElement as HTMLAnchorElement);
    const to = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: links.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    links[Math.max(0, Math.min(links.length - 1, to))]?.focus();
  };
  return (
    <ol class="traces" ref={list} onKeyDown={move}>
      {traces.map((trace, i) => (
        <li key={trace.traceId}>
          {(i === 0 || day(trace.start) !== day(traces[i - 1]!.start)) && <h2 class="day">{day(trace.start)}</h2>}
          <TraceRow trace={trace} longest={longest} />
        </li>
      ))}
    </ol>
  );
}

function TraceRow({ trace, longest }: { trace: TraceSummary; longest: number }) {
  const name = printable(shortened(trace.name || '(no name)', LONGEST_NAME));
  const others = trace.services.filter((service) => service !== trace.service);
  return (
    <a href={traceAddress(trace.traceId)} class={trace.status === 'error' || trace.errors > 0 ? 'failed' : ''}>
      <time dateTime={isoOf(trace.start)} title={`${dateTime(trace.start)}, ${ago(trace.start)}`}>
        {clock(trace.start)}
      </time>
      <span class="name">
        {trace.errors > 0 && <span class="error-sign">✕ </span>}
        <bdi>{name}</bdi>{' '}
        <span class="quiet">
          <Text of={trace.service} most={60} />
          {others.length > 0 && ` + ${count(others.length, 'service')}`}
        </span>
      </span>
      <Bar share={trace.durationMs / longest} label={duration(trace.durationMs)} />
      <span class="counts">{countsOf(trace).join(' · ')}</span>
    </a>
  );
}

function countsOf(trace: TraceSummary): string[] {
  const counts = [count(trace.spans, 'span')];
  if (trace.errors > 0) counts.push(count(trace.errors, 'error'));
  if (trace.waitMs > 0) counts.push(`waited ${duration(trace.waitMs)}`);
  else if (trace.waits > 0) counts.push(count(trace.waits, 'wait'));
  if (trace.attempts > 1) counts.push(count(trace.attempts, 'attempt'));
  if (trace.breaker !== null && trace.breaker !== 'closed') counts.push(`breaker ${trace.breaker.replace('_', '-')}`);
  if (trace.pinned) counts.push('part of an incident');
  return counts;
}

function isoOf(time: number): string | undefined {
  const at = new Date(time);
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString();
}
