import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import type { ReceivedSpan } from '../received-span.ts';
import { names, outcomeOf, type Bench } from './bench.ts';
import { brokenTelemetry } from './broken-telemetry.ts';
import type { Check } from './check.ts';
import type { Work } from './app.ts';
import { changedSurfaces, surfacesOf } from './surfaces.ts';

/** For schedulers, by {@link Order}. */
export const SCHEDULE_CHECKS = {
  hooked: [
    'one trace a run',
    'idle run',
    'error status',
    'next run',
    'overlapping runs',
    'run in a request',
    'enabled twice',
    'disabled',
  ],
  loaded: ['restored', 'same job', 'throwing telemetry'],
} as const;

/** Longer than a run that ends with its function. */
const WORK_MS = 20;
const ROUNDING_MS = 1;

type ScheduleCheck = (typeof SCHEDULE_CHECKS)[keyof typeof SCHEDULE_CHECKS][number];

export const scheduleChecks: Record<ScheduleCheck, Check> = {
  'one trace a run': async (bench, post) => {
    bench.recorded.clear();
    let around = 0;
    await runs(bench, 1, async () => {
      const start = performance.now();
      work(bench, 'first');
      await delay(WORK_MS);
      work(bench, 'second');
      around = performance.now() - start;
      setImmediate(() => work(bench, 'after'));
    });
    const spans = await recorded(bench, 4);
    const [job] = jobs(spans);
    if (!job || spans.length !== 4) return [`a run with three spans in it made ${names(spans)}`];
    post({ example: 'succeed', span: job });
    return [
      ...root(job),
      ...(job.links.length === 0 ? [] : ['a link, although nothing was under way where the job was made']),
      ...spans
        .filter((span) => span !== job && span.parentSpanId !== job.spanId)
        .map(({ name }) => `'${name}' is not below its job`),
      ...(job.durationMs + ROUNDING_MS >= around ? [] : [`its ${around} ms of work took ${job.durationMs} ms`]),
    ];
  },

  'idle run': async (bench) => {
    bench.recorded.clear();
    await runs(bench, 3, async () => turn());
    const spans = await recorded(bench, 0);
    return spans.length === 0 ? [] : [`runs in which nothing is traced made ${names(spans)}`];
  },

  'error status': async (bench, post) => {
    bench.recorded.clear();
    await runs(bench, 1, async () => {
      work(bench, 'before');
      throw new TypeError('no such table');
    });
    const spans = await recorded(bench, 2);
    // Some drop the promise: an unhandled rejection is expected.
    bench.faults.splice(0);
    const [job] = jobs(spans);
    if (!job || spans.length !== 2) return [`a run that failed made ${names(spans)}`];
    post({ example: 'fail', span: job });
    const type = job.attributes['error.type'];
    return [
      ...(job.status.code === 'ERROR' ? [] : [`the status of the job is ${job.status.code}`]),
      ...(type === 'TypeError' ? [] : [`error.type is ${String(type)}`]),
    ];
  },

  'next run': async (bench) => {
    bench.recorded.clear();
    await runs(bench, 2, async () => work(bench, 'work'));
    const made = jobs(await recorded(bench, 4));
    if (made.length !== 2) return [`two runs made ${names(made)}`];
    return [
      ...made.flatMap(root),
      ...(made[0]!.traceId === made[1]!.traceId ? ['two runs are in one trace'] : []),
      ...made.flatMap(overlaps),
    ];
  },

  'overlapping runs': async (bench) => {
    bench.recorded.clear();
    const { promise: both, resolve } = Promise.withResolvers<void>();
    let begun = 0;
    await runs(bench, 2, async () => {
      work(bench, `work ${++begun}`);
      if (begun === 2) resolve();
      await both;
    });
    const spans = await recorded(bench, 4);
    const [first, second] = ['work 1', 'work 2'].map((name) =>
      spans.find(({ spanId }) => spanId === spans.find((span) => span.name === name)?.parentSpanId),
    );
    if (!first || !second) return [`two runs at once made ${names(spans)}`];
    const others = second.attributes['job.overlapping_runs'];
    return [...overlaps(first), ...(others === 1 ? [] : [`the second run has job.overlapping_runs ${String(others)}`])];
  },

  'run in a request': async (bench) => {
    bench.recorded.clear();
    const caller = await bench.recorded.inSpan('caller', async (span) => {
      await runs(bench, 1, async () => work(bench, 'work'));
      return span.spanContext();
    });
    const [job] = jobs(await recorded(bench, 2));
    if (!job) return ['a job that was made in a request has no span'];
    return [
      ...root(job),
      ...(job.traceId === caller.traceId ? ['it is in the trace of the request'] : []),
      ...job.links.filter(({ spanId }) => spanId !== caller.spanId).map(({ spanId }) => `a link to ${spanId}`),
    ];
  },

  'enabled twice': async (bench) => {
    bench.instrumentation.enable();
    bench.recorded.clear();
    await runs(bench, 1, async () => work(bench, 'work'));
    const made = jobs(await recorded(bench, 2));
    return made.length === 1 ? [] : [`one run made ${names(made)}`];
  },

  disabled: async (bench) => {
    bench.instrumentation.disable();
    bench.recorded.clear();
    await runs(bench, 1, async () => work(bench, 'work'));
    const off = jobs(await recorded(bench, 1));
    bench.instrumentation.enable();
    bench.recorded.clear();
    await runs(bench, 1, async () => work(bench, 'work'));
    const on = jobs(await recorded(bench, 2));
    return [
      ...(off.length === 0 ? [] : [`jobs while disabled: ${names(off)}`]),
      ...(on.length === 1 ? [] : [`one run after it was enabled again made ${names(on)}`]),
    ];
  },

  restored: async (bench) => {
    const surfaces = surfacesOf(bench.app.schedule!.owners);
    bench.instrumentation.enable();
    bench.recorded.clear();
    await runs(bench, 1, async () => work(bench, 'work'));
    const made = jobs(await recorded(bench, 2));
    bench.instrumentation.disable();
    return [
      ...(made.length === 1 ? [] : [`enabled after the library was loaded, one run made ${names(made)}`]),
      ...changedSurfaces(surfaces),
    ];
  },

  'same job': async (bench) => {
    const usual = await noticed(bench);
    bench.instrumentation.enable();
    try {
      const traced = await noticed(bench);
      return usual.flatMap((line, i) => (traced[i] === line ? [] : [`${traced[i]}, without us ${line}`]));
    } finally {
      bench.instrumentation.disable();
    }
  },

  'throwing telemetry': async (bench) => {
    const { instrumentation, recorded } = bench;
    const problems: string[] = [];
    const usual = await noticed(bench);
    instrumentation.enable();
    try {
      for (const { what, tracerProvider, meterProvider } of brokenTelemetry(recorded.tracerProvider)) {
        instrumentation.setTracerProvider(tracerProvider);
        instrumentation.setMeterProvider(meterProvider);
        const lines = await noticed(bench);
        problems.push(
          ...usual.flatMap((line, i) => (lines[i] === line ? [] : [`${what}: ${lines[i]}, usually ${line}`])),
        );
      }
    } finally {
      instrumentation.setTracerProvider(recorded.tracerProvider);
      instrumentation.disable();
    }
    return problems;
  },
};

/** By hand if possible; the results as array. */
async function runs({ app: { schedule } }: Bench, count: number, body: Work): Promise<unknown[]> {
  const ended: Promise<unknown>[] = [];
  const { promise: all, resolve } = Promise.withResolvers<void>();
  const report = {
    // A `done` parameter would need its call.
    async report(this: unknown, ...args: unknown[]) {
      if (ended.length === count) return undefined;
      const result = Reflect.apply(body, this, args);
      if (ended.push(outcomeOf(() => result)) === count) resolve();
      return result;
    },
  }.report;
  const returned: unknown[] = [];
  if (schedule!.byHand && count > 0) {
    const run = schedule!.byHand(report);
    for (let i = 0; i < count; i++) {
      returned.push(outcomeOf(run));
      // Concurrent runs wait for each other.
      await turn();
    }
    await all;
  } else {
    const stop = await schedule!.every(report);
    await all;
    // node-cron 3 sets its timer afterwards.
    setImmediate(() => void stop());
  }
  await Promise.all(ended);
  await turn();
  return Promise.all(returned);
}

/** Arguments, results and errors. */
async function noticed(bench: Bench): Promise<string[]> {
  const lines: string[] = [];
  const error = Object.assign(new RangeError('mine'), { code: 'MINE' });
  for (const body of [() => Promise.resolve('done'), () => Promise.reject(error)]) {
    bench.faults.length = 0;
    const results = await runs(bench, 1, function (this: unknown, ...args: unknown[]) {
      lines.push(`called with ${args.length} arguments on ${kindOf(this)}`);
      // Its job gets a span.
      work(bench, 'work');
      return body();
    });
    await delay(10);
    for (const { value, error: thrown } of results as { value: unknown; error: unknown }[]) {
      const what = thrown === error ? 'its own error' : String(thrown);
      lines.push(`running it gave ${kindOf(value)} ${value === 'done'} and threw ${what}`);
    }
    lines.push(`reported: ${bench.faults.splice(0).join(', ') || 'nothing'}`);
  }
  return lines;
}

function kindOf(value: unknown): string {
  return typeof value === 'object' && value !== null ? (value.constructor?.name ?? 'object') : typeof value;
}

function work({ recorded }: Bench, name: string): void {
  recorded.tracerProvider.getTracer('app').startSpan(name).end();
}

function recorded(bench: Bench, expected: number): Promise<ReceivedSpan[]> {
  return bench.madeSpans(expected);
}

function jobs(spans: readonly ReceivedSpan[]): ReceivedSpan[] {
  return spans.filter(({ name }) => name.startsWith('job '));
}

function root({ name, kind, parentSpanId, status }: ReceivedSpan): string[] {
  return [
    ...(parentSpanId === '' ? [] : [`'${name}' is no root`]),
    ...(kind === 'INTERNAL' ? [] : [`'${name}' is ${kind}`]),
    ...(status.code === 'UNSET' ? [] : [`the status of '${name}' is ${status.code}`]),
  ];
}

function overlaps({ attributes }: ReceivedSpan): string[] {
  const others = attributes['job.overlapping_runs'];
  return others === undefined ? [] : [`job.overlapping_runs is ${String(others)}, where runs did not overlap`];
}
