import type { ReceivedSpan } from '../received-span.ts';
import { names } from './bench.ts';
import type { Check } from './check.ts';
import { expected, requested, type Expected } from './policy-spans.ts';

export const BREAKER_CHECKS = ['state inside', 'opened and refused', 'probe', 'decisions at once'] as const;

const LONG_MS = 3_600_000;

export const breakerChecks: Record<(typeof BREAKER_CHECKS)[number], Check> = {
  'state inside': async (bench) => {
    const call = bench.app.breaker!(LONG_MS);
    const traced = await requested(bench, () => call('/status/200'), 1);
    return [...bench.misplaced(traced), ...inside(traced.made, 'closed'), ...transitions(traced.events, [])];
  },

  'opened and refused': async (bench) => {
    const call = bench.app.breaker!(LONG_MS);
    const failed = await requested(bench, () => call('/status/500'), 1);
    const refused = await requested(bench, () => call('/status/200'), 1);
    const [decision] = refused.made;
    return [
      ...inside(failed.made, 'closed'),
      ...transitions(failed.events, [{ 'circuitbreaker.previous_state': 'closed', 'circuitbreaker.state': 'open' }]),
      ...bench.misplaced(refused),
      ...(refused.error ? [] : ['the call was not refused']),
      ...refusals(refused.made),
      ...(decision && refused.error ? expected(decision, { 'error.type': typeOf(refused.error) }) : []),
      ...transitions(refused.events, []),
    ];
  },

  probe: async (bench) => {
    const call = bench.app.breaker!(1);
    await requested(bench, () => call('/status/500'), 1);
    let probe;
    do probe = await requested(bench, () => call('/status/200'), 1);
    while (probe.error);
    const after = await requested(bench, () => call('/status/200'), 1);
    return [
      ...inside(probe.made, 'half_open'),
      ...transitions(probe.events, [
        { 'circuitbreaker.previous_state': 'open', 'circuitbreaker.state': 'half_open' },
        { 'circuitbreaker.previous_state': 'half_open', 'circuitbreaker.state': 'closed' },
      ]),
      ...inside(after.made, 'closed'),
      ...transitions(after.events, []),
    ];
  },

  'decisions at once': async (bench) => {
    const problems: string[] = [];
    const shared = bench.app.breaker!(LONG_MS);
    const broken = bench.app.breaker!(LONG_MS);
    await requested(bench, () => broken('/status/500'), 1);
    bench.recorded.clear();
    const callers = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        bench.recorded.inSpan('caller', async (span) => {
          const call = i % 2 === 0 ? shared : broken;
          await Promise.resolve(call('/status/200')).catch(() => {});
          return span.spanContext();
        }),
      ),
    );
    const made = await bench.madeSpans(callers.length);
    for (const [i, caller] of callers.entries()) {
      const own = made.filter(({ traceId }) => traceId === caller.traceId);
      if (own.some(({ parentSpanId }) => parentSpanId !== caller.spanId))
        problems.push(`caller ${i} has another's span`);
      problems.push(...(i % 2 === 0 ? inside(own, 'closed') : refusals(own)));
    }
    return problems;
  },
};

function inside(spans: readonly ReceivedSpan[], state: string): string[] {
  if (spans.length !== 1 || spans[0]!.kind !== 'CLIENT') return [`a call let through made ${names(spans)}`];
  return expected(spans[0]!, { 'circuitbreaker.state': state, 'circuitbreaker.outcome': undefined });
}

function refusals(spans: readonly ReceivedSpan[]): string[] {
  if (spans.length !== 1) return [`a refused call made ${names(spans)}`];
  const [span] = spans as [ReceivedSpan];
  const { 'circuitbreaker.name': name } = span.attributes;
  return [
    ...(span.name === ['breaker', name, 'open'].filter(Boolean).join(' ')
      ? []
      : [`a refusal is called '${span.name}'`]),
    ...(span.kind === 'INTERNAL' && span.status.code === 'ERROR' ? [] : [`'${span.name}' is ${span.status.code}`]),
    ...expected(span, { 'circuitbreaker.state': 'open', 'circuitbreaker.outcome': 'rejected', 'error.type': String }),
  ];
}

/** In order. */
function transitions(events: ReceivedSpan['events'], wanted: Expected[]): string[] {
  const problems: string[] = [];
  if (events.length !== wanted.length) {
    problems.push(`the caller has ${events.length} events, not ${wanted.length}: ${JSON.stringify(events)}`);
  }
  for (const [i, event] of events.entries()) {
    if (event.name !== 'circuitbreaker.transition') problems.push(`the caller has an event ${event.name}`);
    problems.push(...expected(event, { ...wanted[i] }));
    const { 'circuitbreaker.reason': reason, 'circuitbreaker.state': state } = event.attributes;
    if (reason !== undefined && reason !== REASONS[String(state)])
      problems.push(`${String(state)} by ${String(reason)}`);
  }
  return problems;
}

const REASONS: Record<string, string> = { open: 'failures', half_open: 'reset_timeout', closed: 'probe' };

function typeOf(error: unknown): string {
  const { code, constructor } = error as { code?: string; constructor: { name: string } };
  return code ?? constructor.name;
}
