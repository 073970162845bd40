import type { ReceivedSpan } from '../received-span.ts';
import { names, type Bench, type Traced } from './bench.ts';
import { expected, requested, type Expected } from './policy-spans.ts';
import type { Check } from './check.ts';

export const RETRY_CHECKS = ['attempts', 'given up', 'first attempt', 'no retry', 'attempts at once'] as const;

export const retryChecks: Record<(typeof RETRY_CHECKS)[number], Check> = {
  attempts: async (bench) => {
    const before = await resends(bench);
    const traced = await requested(bench, () => bench.app.retry!.call(`/fail/2/attempts-${process.pid}`), 3);
    return [
      ...(traced.error ? [`the call failed: ${String(traced.error)}`] : []),
      ...attempts(bench, traced, 3, 2),
      ...summaries(traced, [{ 'retry.attempts': 3, 'retry.outcome': 'success' }], bench),
      ...count('resends were counted', (await resends(bench)) - before, 2),
    ];
  },

  'given up': async (bench) => {
    const traced = await requested(bench, () => bench.app.retry!.call('/status/500'), 3);
    return [
      ...(traced.error ? [] : ['the call did not fail']),
      ...attempts(bench, traced, 3, 3),
      ...summaries(traced, [{ 'retry.attempts': 3, 'retry.outcome': 'failure', 'error.type': String }], bench),
    ];
  },

  'first attempt': async (bench) => {
    const before = await resends(bench);
    const traced = await requested(bench, () => bench.app.retry!.call('/status/200'), 1);
    return [
      ...attempts(bench, traced, 1, 0),
      ...summaries(traced, [], bench),
      ...count('resends were counted', (await resends(bench)) - before, 0),
    ];
  },

  'no retry': async (bench) => {
    const traced = await requested(bench, () => bench.app.retry!.once('/status/500'), 1);
    const said = traced.made.flatMap(({ attributes }) =>
      Object.keys(attributes).filter((key) => key.startsWith('retry.') || key.endsWith('resend_count')),
    );
    return [
      ...count('requests were made', traced.made.length, 1),
      ...said.map((key) => `${key} on a request that nothing would have sent again`),
      ...summaries(traced, [], bench),
    ];
  },

  'attempts at once': async (bench) => {
    const failures = Array.from({ length: 12 }, (_, i) => i % 3);
    bench.recorded.clear();
    const callers = await Promise.all(
      failures.map((times, i) =>
        bench.recorded.inSpan('caller', async (span) => {
          await bench.app.retry!.call(`/fail/${times}/at-once-${i}-${process.pid}`);
          return span.spanContext();
        }),
      ),
    );
    const made = await bench.madeSpans(failures.reduce((sum, times) => sum + times + 1, 0));
    const all = bench.recorded.spans();
    return callers.flatMap((caller, i) => {
      const times = failures[i]!;
      const traced = {
        caller,
        value: undefined,
        error: undefined,
        made: made.filter(({ traceId }) => traceId === caller.traceId),
        events: all.find(({ spanId }) => spanId === caller.spanId)!.events,
      };
      const summary = { 'retry.attempts': times + 1, 'retry.outcome': 'success' };
      return [
        ...attempts(bench, traced, times + 1, times),
        ...summaries(traced, times > 0 ? [summary] : [], bench),
      ].map((problem) => `caller ${i}: ${problem}`);
    });
  },
};

/** Below the caller in order, numbered; the first `failed` of them failed. */
function attempts(bench: Bench, traced: Traced, of: number, failed: number): string[] {
  const spans = traced.made.toSorted((a, b) => a.startTime - b.startTime);
  if (spans.length !== of) return [`${of} attempts made ${spans.length} spans: ${names(spans)}`];
  const problems = bench.misplaced(traced);
  for (const [i, span] of spans.entries()) {
    const number = i + 1;
    const { 'retry.attempt': attempt, 'retry.policy': policy } = span.attributes;
    // Some decide only when retrying.
    const isSilent = number === 1 && attempt === undefined && policy === undefined;
    if (!isSilent) problems.push(...expected(span, { 'retry.attempt': number, 'retry.policy': bench.job.library }));
    problems.push(
      ...expected(span, {
        'retry.delay_ms': number === 1 ? undefined : Number,
        'http.request.resend_count': number === 1 ? undefined : i,
      }),
      ...(number > 1 ? expected(span, { 'retry.max_attempts': 3 }) : []),
      ...outcome(span, number <= failed),
    );
    const before = spans[i - 1];
    if (before && before.endTime > span.startTime) problems.push(`attempt ${number} began before ${i} had failed`);
  }
  return problems;
}

function outcome({ status, name }: ReceivedSpan, isFailed: boolean): string[] {
  return (status.code === 'ERROR') === isFailed ? [] : [`'${name}' is ${status.code}, failed: ${isFailed}`];
}

/** One summary per retried operation; waits depend on its delays. */
function summaries(caller: { events: ReceivedSpan['events'] }, wanted: Expected[], { job }: Bench): string[] {
  const events = caller.events.filter(({ name }) => name !== 'retry.wait');
  if (events.length !== wanted.length) return [`the caller has ${events.length} events, not ${wanted.length}`];
  const problems: string[] = [];
  for (const [i, event] of events.entries()) {
    if (event.name !== 'retry.summary') problems.push(`the caller has an event ${event.name}`);
    problems.push(...expected(event, { 'retry.policy': job.library, 'retry.total_delay_ms': Number, ...wanted[i] }));
  }
  return problems;
}

async function resends({ recorded }: Bench): Promise<number> {
  const metrics = (await recorded.metrics()).filter(({ name }) => name === 'retry.resends');
  return metrics.flatMap(({ points }) => points).reduce((sum, { value }) => sum + (value ?? 0), 0);
}

function count(what: string, is: number, wanted: number): string[] {
  return is === wanted ? [] : [`${is} ${what}, not ${wanted}`];
}
