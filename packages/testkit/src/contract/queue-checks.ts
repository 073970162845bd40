import { setTimeout as delay } from 'node:timers/promises';
import { trace } from '@opentelemetry/api';
import type { ReceivedSpan } from '../received-span.ts';
import { recordSpans } from '../record-spans.ts';
import { names, outcomeOf, type Bench } from './bench.ts';
import type { Check } from './check.ts';
import type { ContractApp } from './app.ts';

export const QUEUE_CHECKS = [
  'send and process in one trace',
  'wait from its due time',
  'attempt and outcome',
  'bounded trace',
  'content never recorded',
  'settled',
  'own commands',
] as const;

/** Some delay in whole seconds. */
const LATER_MS = 1_000;
/** Both processes round to milliseconds. */
const ROUNDING_MS = 5;
/** Beyond one trace's limit (the room's trace-life.ts). */
const HOPS = 40;
const PATIENCE_MS = 8_000;

type Handler = (content: string, settle: () => unknown) => unknown;

const handlers = new WeakMap<ContractApp, { handle: Handler }>();

export const queueChecks: Record<(typeof QUEUE_CHECKS)[number], Check> = {
  'send and process in one trace': async (bench) => {
    let active: string | undefined;
    await handledBy(bench, () => (active = trace.getActiveSpan()?.spanContext().spanId));
    const { caller, error } = await bench.traced(() => bench.app.queue!.send('hello'), 0);
    const [process] = await processed(bench, 1);
    const send = bench.recorded.spans().find(({ kind }) => kind === 'PRODUCER');
    if (error || !send || !process)
      return [`no send and process, but ${names(bench.recorded.spans())} ${String(error)}`];
    const problems: string[] = [];
    if (send.parentSpanId !== caller.spanId) problems.push(`'${send.name}' is not a child of the caller's span`);
    if (process.parentSpanId !== send.spanId) problems.push(`'${process.name}' is not a child of '${send.name}'`);
    if (process.traceId !== caller.traceId) problems.push(`'${process.name}' is not in its sender's trace`);
    if (active !== process.spanId) problems.push(`in the handler the active span is ${active ?? 'none'}`);
    return problems;
  },

  'wait from its due time': async (bench) => {
    const { send, sendLater } = bench.app.queue!;
    const problems = await waitOf(bench, () => send('now'), 0);
    if (sendLater) problems.push(...(await waitOf(bench, () => sendLater('later', LATER_MS), LATER_MS)));
    return problems;
  },

  'attempt and outcome': async (bench) => {
    let runs = 0;
    await handledBy(bench, () => {
      if (++runs === 1) throw new Error('refused');
    });
    bench.recorded.clear();
    await bench.app.queue!.send('once more');
    const spans = await processed(bench, 2);
    const [first, second] = spans.map(({ attributes, status }) => ({ ...attributes, status: status.code }) as any);
    if (!second) return [`a message that failed once has ${spans.length} runs`];
    const problems: string[] = [];
    const expected = (what: string, got: unknown, is: boolean): void => {
      if (!is) problems.push(`${what} is ${String(got)}`);
    };
    expected('the attempt of the first run', first['queue.attempt'], first['queue.attempt'] === 1);
    expected('the status of the first run', first.status, first.status === 'ERROR');
    expected('error.type of the first run', first['error.type'], Boolean(first['error.type']));
    expected('the attempt of the second run', second['queue.attempt'], second['queue.attempt'] === 2);
    expected('the status of the second run', second.status, second.status !== 'ERROR');
    expected('error.type of the second run', second['error.type'], second['error.type'] === undefined);
    return problems;
  },

  'bounded trace': async (bench) => {
    let hops = 0;
    await handledBy(bench, () => (++hops < HOPS ? bench.app.queue!.send(`hop ${hops}`) : undefined));
    const { caller } = await bench.traced(() => bench.app.queue!.send('hop 0'), 0);
    const spans = await processed(bench, HOPS);
    const within = spans.filter(({ traceId }) => traceId === caller.traceId);
    const begun = spans.filter(({ parentSpanId, links }) => parentSpanId === '' && links.length > 0);
    const problems: string[] = [];
    if (spans.length < HOPS) problems.push(`${spans.length} of ${HOPS} were handled`);
    if (within.length === 0 || within.length >= HOPS)
      problems.push(`${within.length} of ${HOPS} are in the first trace`);
    if (begun.length !== 1) problems.push(`${begun.length} of ${HOPS} begin a trace, with a link`);
    return problems;
  },

  'content never recorded': async (bench) => {
    const secret = 'rosebud-4711';
    await handledBy(bench, () => {});
    bench.recorded.clear();
    await bench.app.queue!.send(secret);
    const spans = await processed(bench, 1);
    const text = JSON.stringify(bench.recorded.spans(), (_, part) => (typeof part === 'bigint' ? String(part) : part));
    if (spans.length === 0) return ['the message was not handled'];
    return text.includes(secret) ? [`'${secret}' is on a span`] : [];
  },

  settled: async (bench) => {
    await handledBy(bench, (_, settle) => settle());
    bench.recorded.clear();
    await bench.app.queue!.send('settled');
    const [span] = await processed(bench, 1);
    if (!span) return ['the message was not handled'];
    const { 'queue.settled': how, 'queue.settled_after_ms': after } = span.attributes;
    const problems: string[] = [];
    if (typeof how !== 'string') problems.push(`queue.settled is ${String(how)}`);
    if (!(Number(after) >= 0 && Number(after) <= span.durationMs + ROUNDING_MS))
      problems.push(`queue.settled_after_ms is ${String(after)} of ${span.durationMs}`);
    return problems;
  },

  'own commands': async (bench) => {
    await handledBy(bench, () => {});
    const commands = recordSpans(bench.commands!({}));
    try {
      bench.recorded.clear();
      // Outside a trace.
      await bench.app.queue!.send('hello');
      await processed(bench, 1);
      const sends = new Set(
        bench.recorded.spans().flatMap(({ kind, spanId }) => (kind === 'PRODUCER' ? [spanId] : [])),
      );
      return commands
        .spans()
        .filter(({ parentSpanId }) => !sends.has(parentSpanId))
        .map((span) => `a command of the library's own has a span: ${span.kind} '${span.name}'`);
    } finally {
      commands.stop();
    }
  },
};

async function handledBy({ app }: Bench, handle: Handler): Promise<void> {
  const known = handlers.get(app);
  if (known) {
    known.handle = handle;
    return;
  }
  const consumer = { handle };
  handlers.set(app, consumer);
  await app.queue!.consume(async (content, settle) => void (await consumer.handle(content, settle)));
}

/** Since `clear`, in order. */
async function processed({ recorded }: Bench, count: number): Promise<ReceivedSpan[]> {
  const spans = (): ReceivedSpan[] => recorded.spans().filter(({ kind }) => kind === 'CONSUMER');
  for (const deadline = Date.now() + PATIENCE_MS; spans().length < count && Date.now() < deadline;) await delay(5);
  return spans();
}

async function waitOf(bench: Bench, send: () => unknown, dueAfterMs: number): Promise<string[]> {
  await handledBy(bench, () => {});
  bench.recorded.clear();
  const { error } = await outcomeOf(send);
  const [process] = await processed(bench, 1);
  const sent = bench.recorded.spans().find(({ kind }) => kind === 'PRODUCER');
  if (error || !process || !sent) return [`not sent and handled: ${String(error)}`];
  const { 'queue.wait_ms': wait } = process.attributes;
  const most = process.startTime - sent.startTime - dueAfterMs + ROUNDING_MS;
  return Number(wait) >= 0 && Number(wait) <= most
    ? []
    : [`due after ${dueAfterMs} ms, queue.wait_ms is ${String(wait)}, not at most ${most}`];
}
