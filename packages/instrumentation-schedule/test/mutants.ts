/* Faults that the checks of the room’s contract must find. */
import type { Mutant } from '@foreshock/testkit';

const RUN = 'instrumentation-schedule/src/job-run.ts';
const BOUNDARY = 'instrumentation-schedule/src/boundary.ts';
const JOBS = 'instrumentation-schedule/src/jobs.ts';
const JOB_SPAN = 'instrumentation-schedule/src/job-span.ts';

export const scheduleMutants: readonly Mutant[] = [
  {
    check: 'one trace a run',
    library: 'cron',
    fault: 'a run ends when its function returns',
    file: JOBS,
    from: 'endWith(run, result, fn, returned);',
    to: 'run.ended();',
  },
  {
    check: 'one trace a run',
    library: 'cron',
    fault: 'the span is of kind SERVER',
    file: JOB_SPAN,
    from: 'kind: SpanKind.INTERNAL,',
    to: 'kind: SpanKind.SERVER,',
  },
  {
    check: 'idle run',
    library: 'cron',
    fault: 'each run has a span',
    file: RUN,
    from: 'this.context = withPendingRoot(where, this);',
    to: 'this.context = withPendingRoot(where, this);\n    this.parent();',
  },
  {
    check: 'error status',
    library: 'cron',
    fault: 'there is no status',
    file: RUN,
    from: 'span.setStatus({ code: SpanStatusCode.ERROR, message: errorMessageOf(thrown) });',
    to: '',
  },
  {
    check: 'error status',
    library: 'cron',
    fault: 'there is no error.type',
    file: RUN,
    from: "span.setAttribute('error.type', errorTypeOf(thrown));",
    to: '',
  },
  {
    check: 'next run',
    library: 'cron',
    fault: 'the runs of a job are one',
    file: BOUNDARY,
    from: 'const overlapping = this.#running++;',
    to: 'const overlapping = this.#running++;\n    if ((this as any).runForTest) return (this as any).runForTest;\n    return ((this as any).runForTest = new JobRun(this.#telemetry, this.#describe, 0, undefined, undefined, () => {}));',
  },
  {
    check: 'next run',
    library: 'cron',
    fault: 'an ended run still counts',
    file: BOUNDARY,
    from: '() => void this.#running--,',
    to: '() => {},',
  },
  {
    check: 'overlapping runs',
    library: 'cron',
    fault: 'they are not counted',
    file: RUN,
    from: '{ attributes: { [JOB_OVERLAPPING_RUNS]: this.#overlapping } }',
    to: '{}',
  },
  {
    check: 'run in a request',
    library: 'cron',
    fault: 'it has no span',
    file: BOUNDARY,
    from: 'if (isSuppressed(where)) return undefined;',
    to: 'if (isSuppressed(where) || trace.getSpan(where)) return undefined;',
  },
  {
    check: 'run in a request',
    library: 'cron',
    fault: 'it links to another span',
    file: RUN,
    from: '{ links: [{ context: this.#link }] }',
    to: "{ links: [{ context: { ...this.#link, spanId: 'b7ad6b7169203331' } }] }",
  },
  {
    check: 'enabled twice',
    library: 'cron',
    fault: 'the wrappers are undone',
    file: 'kit/src/instrumentation.ts',
    from: 'if (this.#enabled) return;',
    // `recordSpans` enables it as well.
    to: `const enabled = ((this as any).enabledForTest = ((this as any).enabledForTest ?? 0) + 1);
    if (enabled > 2) for (const { hooks } of this.#attached) hooks.undo();
    if (this.#enabled) return;`,
  },
  {
    check: 'disabled',
    library: 'cron',
    fault: 'the wrappers stay',
    file: 'kit/src/method-hooks.ts',
    from: 'this.#active = false;\n    for (const undo of this.#undo.splice(0).reverse()) {',
    to: 'for (const undo of [] as (() => void)[]) {',
  },
  {
    check: 'restored',
    library: 'cron',
    order: 'loaded',
    fault: 'a method stays replaced',
    file: 'kit/src/method-hooks.ts',
    from: 'if (descriptor) Object.defineProperty(owner, name, descriptor);',
    to: '',
  },
  {
    check: 'same job',
    library: 'cron',
    order: 'loaded',
    fault: 'it gets another `this`',
    file: JOBS,
    from: 'result = apply(fn, this, args);\n      } else {',
    to: 'result = apply(fn, this, args);\n      } else {\n        args = [1, 2, 3, 4, 5];',
  },
  {
    check: 'throwing telemetry',
    library: 'cron',
    order: 'loaded',
    fault: 'our errors are thrown',
    file: 'kit/src/guard.ts',
    from: 'const now = steadyNow();',
    to: 'if (error) throw error;\n  const now = steadyNow();',
  },
];
