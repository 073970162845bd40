import { noteScope } from '@foreshock/kit';
import { connectionCheck } from './connection-check.ts';
import { activeSpanId, moreListeners, names, outcomeOf } from './bench.ts';
import type { Check } from './check.ts';
import type { ContractCheck } from './job.ts';

/** Instrumentation is enabled before the library loads. Only the last check may disable it. */
export const hookedChecks: Partial<Record<ContractCheck, Check>> = {
  'one span a call': async (bench, post) => {
    const traced = await bench.traced(() => bench.app.succeed(), 1);
    const problems = [...oneSpan(traced), ...bench.misplaced(traced)];
    if (traced.error) problems.push(`the call failed: ${String(traced.error)}`);
    const [span] = traced.made;
    if (span) post({ example: 'succeed', span });
    if (span?.status.code === 'ERROR' || span?.attributes['error.type'] !== undefined) {
      problems.push(`the span of a call that worked has an error: ${String(span.attributes['error.type'])}`);
    }
    return problems;
  },

  'error status': async (bench, post) => {
    const traced = await bench.traced(() => bench.app.fail(), 1);
    const problems = [...oneSpan(traced), ...bench.misplaced(traced)];
    if (traced.error === undefined) problems.push('fail() did not fail');
    const [span] = traced.made;
    if (!span) return problems;
    post({ example: 'fail', span });
    const type = span.attributes['error.type'];
    if (span.status.code !== 'ERROR') problems.push(`the span's status is ${span.status.code}, not ERROR`);
    if (typeof type !== 'string' || type === '') problems.push(`error.type is ${String(type)}`);
    if (span.events.some(({ name }) => name === 'exception'))
      problems.push('the error was recorded as an event as well');
    return problems;
  },

  context: async (bench) => {
    const problems: string[] = [];
    const { app, recorded } = bench;
    recorded.clear();
    const expectActive = (span: string | undefined, when: string): void => {
      const active = activeSpanId();
      if (active !== span) problems.push(`${when} the active span is ${active ?? 'none'}, not ${span ?? 'none'}`);
    };
    const caller = await recorded.inSpan('caller', async (span) => {
      const { spanId } = span.spanContext();
      const returned = app.succeed();
      expectActive(spanId, 'when the call has returned');
      await returned;
      expectActive(spanId, 'after await');
      await outcomeOf(() => app.fail());
      expectActive(spanId, 'after a failed await');
      await Promise.all([app.succeed(), app.succeed()]);
      return span.spanContext();
    });
    const made = await bench.madeSpans(4);
    if (made.length !== 4) problems.push(`four calls made ${made.length} spans: ${names(made)}`);
    problems.push(...bench.misplaced({ caller, made, value: undefined, error: undefined }));
    await app.succeed();
    expectActive(undefined, 'after an untraced call');
    return problems;
  },

  callback: async (bench) => {
    const problems: string[] = [];
    const { recorded } = bench;
    const alone = await bench.traced(() => bench.viaCallback(), 1);
    problems.push(...oneSpan(alone), ...bench.misplaced(alone));
    // With many, who frees a slot is not called back next.
    const count = 4 * (bench.app.saturate?.limit ?? 5);
    recorded.clear();
    await Promise.all(
      Array.from({ length: count }, (_, i) =>
        recorded.inSpan('caller', async (span) => {
          const { error, active } = await bench.viaCallback();
          if (error) problems.push(`callback ${i} got ${String(error)}`);
          if (active !== span.spanContext().spanId)
            problems.push(`in callback ${i} the active span is not its caller's`);
        }),
      ),
    );
    const { active } = await bench.viaCallback();
    if (active) problems.push('in the callback of an untraced call a span is active');
    return problems;
  },

  'enabled twice': async (bench) => {
    const before = bench.listeners();
    bench.instrumentation.enable();
    const traced = await bench.traced(() => bench.app.succeed(), 1);
    return [...oneSpan(traced), ...moreListeners(before, bench.listeners())];
  },

  saturation: async (bench) => {
    const { recorded } = bench;
    const { limit, run } = bench.app.saturate!;
    const count = Math.max(50, 10 * limit);
    const problems: string[] = [];
    const kind = (await bench.traced(() => bench.app.succeed(), 1)).made[0]?.kind;
    recorded.clear();
    const callers = await Promise.all(
      Array.from({ length: count }, (_, i) =>
        recorded.inSpan('caller', async (span) => {
          const { error } = await outcomeOf(() => run(i));
          if (error) problems.push(`call ${i} failed: ${String(error)}`);
          if (activeSpanId() !== span.spanContext().spanId)
            problems.push(`after call ${i} its caller's span is not active`);
          return span.spanContext();
        }),
      ),
    );
    const made = await bench.madeSpans(count);
    const traces = new Map(callers.map((caller) => [caller.traceId, { caller, spans: [] as typeof made }]));
    for (const span of made) {
      const trace = traces.get(span.traceId);
      if (trace) trace.spans.push(span);
      else problems.push(`'${span.name}' is in no caller's trace`);
    }
    for (const [i, { caller, spans }] of Array.from(traces.values()).entries()) {
      const parents = new Set([caller.spanId, ...spans.map(({ spanId }) => spanId)]);
      const calls = spans.filter((span) => span.kind === kind);
      if (calls.length !== 1)
        problems.push(`call ${i} has ${calls.length} ${kind} spans in its trace: ${names(spans)}`);
      for (const span of spans) {
        if (!parents.has(span.parentSpanId))
          problems.push(`call ${i}: the parent of '${span.name}' is not in its trace`);
      }
    }
    return problems;
  },

  listeners: async (bench) => {
    const call = (): Promise<unknown> => outcomeOf(() => bench.app.succeed());
    for (let i = 0; i < 10; i++) await call();
    const before = bench.listeners();
    for (let i = 0; i < 30; i++) await call();
    return moreListeners(before, bench.listeners());
  },

  connections: connectionCheck,

  disabled: async (bench) => {
    const problems: string[] = [];
    bench.instrumentation.disable();
    const silent = await bench.traced(
      async () => [await bench.app.succeed(), await outcomeOf(() => bench.app.fail())],
      0,
    );
    if (silent.error) problems.push(`the call failed: ${String(silent.error)}`);
    if (silent.made.length > 0) problems.push(`spans after disable: ${names(silent.made)}`);
    bench.instrumentation.enable();
    const again = await bench.traced(() => bench.app.succeed(), 1);
    return [...problems, ...oneSpan(again).map((problem) => `enabled again: ${problem}`), ...bench.misplaced(again)];
  },

  'two instances': async (bench) => {
    const { instrumentation: first } = bench;
    const second = bench.another();
    const problems: string[] = [];
    const seen = async (which: string): Promise<void> => {
      const app = bench.job.closures ? await bench.open() : bench.app;
      const traced = await bench.traced(() => app.succeed(), 1);
      problems.push(...[...oneSpan(traced), ...bench.misplaced(traced)].map((problem) => `${which}: ${problem}`));
      if (app !== bench.app) await app.close();
    };
    second.disable();
    await seen('the later one disabled');
    second.enable();
    first.disable();
    await seen('the earlier one disabled');
    first.enable();
    second.disable();
    await seen('the one enabled last');
    return problems;
  },

  'upstream active': async (bench) => {
    noteScope(bench.job.upstream!);
    const { made, error } = await bench.traced(async () => {
      await bench.app.succeed();
      await outcomeOf(() => bench.app.fail());
    }, 0);
    const problems = error ? [`the call failed: ${String(error)}`] : [];
    if (made.length > 0) problems.push(`spans although ${bench.job.upstream} is active: ${names(made)}`);
    return problems;
  },
};

function oneSpan({ made }: { made: Parameters<typeof names>[0] }): string[] {
  return made.length === 1 ? [] : [`one call made ${made.length} spans: ${names(made)}`];
}
