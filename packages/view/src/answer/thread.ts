// `foreshock explain` over the store.
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { analyse, buildAnswer, readSources } from '@foreshock/explain';
import { otlpLines, type Place, type TracePage } from '@foreshock/explain/store';
import type { FeedMethods } from '../store/feed.ts';
import { Calls } from '../threads/calls.ts';
import { serve } from '../threads/serve.ts';
import { graphOf } from './graph.ts';
import { poolsOf } from './pools.ts';

/** Unix milliseconds. */
export interface AnswerQuery {
  from?: number;
  to?: number;
  service?: string;
  route?: string;
}

const BASELINE_MS = 1_800_000;
const MOST_SPANS = 300_000;

type Feed = ReturnType<FeedMethods['open']>;

const { port } = workerData as { port: MessagePort };
const store = new Calls<FeedMethods>(port);

async function compute({ from, to, service, route }: AnswerQuery) {
  const began = performance.now();
  const feed = await store.call('open', [from === undefined ? 0 : from - BASELINE_MS, to ?? 1e13, MOST_SPANS]);
  const { table } = await readSources(['-'], linesOf(feed));
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
    graph: JSON.stringify({ seq: feed.seq, ...graphOf(whole, from ?? 0, to ?? 1e13) }),
    pools: JSON.stringify({ seq: feed.seq, ...poolsOf(table, from ?? 0, to ?? 1e13) }),
  };
}

async function* linesOf({ first, from, to, resources }: Feed): AsyncGenerator<Buffer> {
  const byId = new Map(resources.map((row) => [row.id, row]));
  // No spans: no error here.
  yield Buffer.from('{"resourceSpans":[]}\n');
  for (let after: Place | undefined = first; after;) {
    const page: TracePage = await store.call('page', [after, from, to]);
    yield Buffer.from(otlpLines(page, byId));
    after = page.next;
  }
}

/** A sentence ends at a full stop before a capital, number or quoted name. */
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
