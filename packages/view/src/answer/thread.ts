// The thread of the answer: `foreshock explain` over the spans of the store.
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { analyse, buildAnswer, SpanTable } from '@foreshock/explain';
import { TableOfRecords } from '@foreshock/explain/records';
import type { FeedMethods } from '../store/feed.ts';
import { RecordsOfRows } from '../store/span-rows.ts';
import type { Place, TracePage } from '../store/trace-pages.ts';
import { Calls } from '../threads/calls.ts';
import { serve } from '../threads/serve.ts';
import { graphOf } from './graph.ts';
import { poolsOf } from './pools.ts';

/** What an answer is asked for; times are milliseconds since 1970. */
export interface AnswerQuery {
  from?: number;
  to?: number;
  service?: string;
  route?: string;
}

/** Time before a window that it is compared with. */
const BASELINE_MS = 1_800_000;
/** Spans that an answer looks at: the newest. */
const MOST_SPANS = 300_000;

const { port } = workerData as { port: MessagePort };
const store = new Calls<FeedMethods>(port);

async function compute({ from, to, service, route }: AnswerQuery) {
  const began = performance.now();
  const table = new SpanTable();
  const records = new TableOfRecords(table);
  const feed = await store.call('open', [from === undefined ? 0 : from - BASELINE_MS, to ?? 1e13, MOST_SPANS]);
  for (let after: Place | undefined = feed.first; after;) {
    const page: TracePage = await store.call('page', [after, feed.from, feed.to]);
    const rowsOf = new RecordsOfRows(await store.call('resources', []));
    for (const { traceId, rows } of page.traces) for (const row of rows) records.span(rowsOf.record(row, traceId));
    after = page.next;
  }
  const analysis = analyse(table, {
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(service === undefined ? {} : { service }),
    ...(route === undefined ? {} : { route }),
  });
  const report = buildAnswer(analysis);
  if (feed.isPart) report.coverage.blindSpots.push('Older traces are gone from the store, or were left out.');
  const isIncident = report.verdict !== 'healthy';
  const named = [...report.causes, ...report.timeline].flatMap(({ traceIds }) => traceIds);
  const pinned = isIncident ? [...new Set(named)] : [];
  const whole = analysis.known.whole;
  return {
    seq: feed.seq,
    tookMs: performance.now() - began,
    pinned,
    isIncident,
    answer: JSON.stringify({ seq: feed.seq, report, paragraph: sentencesOf(report.text), pinned }),
    graph: JSON.stringify(graphOf(whole, from ?? 0, to ?? 1e13)),
    pools: JSON.stringify(poolsOf(table, from ?? 0, to ?? 1e13)),
  };
}

/** A full stop ends a sentence where a capital, a number or a name in quotes follows; not one inside of quotes. */
function sentencesOf(text: string): string[] {
  const sentences: string[] = [];
  let [from, isQuoted] = [0, false];
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '`') isQuoted = !isQuoted;
    if (isQuoted || text[at] !== '.' || text[at + 1] !== ' ') continue;
    sentences.push(text.slice(from, at + 1));
    from = at + 2;
  }
  if (from < text.length) sentences.push(text.slice(from));
  return sentences;
}

const methods = { compute };

export type AnswerMethods = typeof methods;

serve(parentPort!, methods);
