import type { Adapter, Hooks } from '@foreshock/kit';
import type { JobDescription, ScheduleEvents } from '../../events.ts';
import { asRun, Jobs, observeRuns } from '../../jobs.ts';

/** src/scheduled-task.js of node-cron 3. */
interface ScheduledTask {
  options: { name?: string };
  _task: { _execution: Function };
  now(now?: unknown): void;
}

/** node-cron 4: src/tasks/inline-scheduled-task.ts, src/scheduler/runner.ts. */
interface InlineTask {
  name?: string;
  id?: string;
  cronExpression?: string;
  runner?: { onMatch?: (...args: unknown[]) => unknown };
}

/** node-cron 4, later bundled. */
const INLINE_TASKS = [
  'dist/tasks/inline-scheduled-task.js',
  'dist/cjs/tasks/inline-scheduled-task.js',
  'dist/esm/tasks/inline-scheduled-task.js',
  'dist/_shared.cjs',
  'dist/_shared.js',
];

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** Tasks given as a file run in their own process, which traces them. */
export const nodeCron: Adapter<ScheduleEvents> = {
  library: 'node-cron',
  versions: '>=3.0.0 <5',
  upstream: [],
  shows: ['spans', 'parent'],
  summary: 'runs, by the job’s `name`, else the function’s (3), else the expression',
  attach(schedule, hooks) {
    const jobs = new Jobs(schedule);
    /** node-cron 3 keeps only the expanded. */
    const expressions = new WeakMap<object, string>();
    hooks.onLoad('node-cron/src/node-cron.js', ({ exports }) => {
      hooks.after(exports, 'schedule', (task: object, _module, [expression]) => expressions.set(task, expression));
    });
    hooks.onLoad('node-cron/src/scheduled-task.js', ({ exports }) => {
      wrapNow(exports.prototype, jobs, expressions, hooks);
    });
    for (const file of INLINE_TASKS) {
      hooks.onLoad(`node-cron/${file}`, ({ exports }) => {
        const InlineScheduledTask = Object.values(exports).find(
          (each): each is { prototype: any } => (each as Function | undefined)?.name === 'InlineScheduledTask',
        );
        if (InlineScheduledTask) wrapInline(InlineScheduledTask.prototype, schedule, hooks);
      });
    }
  },
};

/** Timers also call `now`; `Task#execute` handles its promise. */
function wrapNow(prototype: ScheduledTask, jobs: Jobs, expressions: WeakMap<object, string>, hooks: Hooks): void {
  const describe = (task: ScheduledTask, fn: Function): JobDescription => ({
    name: given(task.options.name),
    functionName: fn.name,
    schedule: expressions.get(task),
  });
  observeRuns(prototype, 'now', '_execution', jobs, hooks, describe, ({ _task }: ScheduledTask) => _task);
}

/** The runner awaits `runner.onMatch`, after `start` and `execute`. */
function wrapInline(
  prototype: InlineTask & Record<'start' | 'execute', Function>,
  schedule: ScheduleEvents,
  hooks: Hooks,
): void {
  const observed = new WeakSet<object>();
  for (const method of ['start', 'execute'] as const) {
    hooks.before(prototype, method, (task: InlineTask) => {
      const { runner } = task;
      const onMatch = runner?.onMatch;
      if (!runner || typeof onMatch !== 'function' || observed.has(runner)) return;
      observed.add(runner);
      const job = schedule.job(() => ({
        name: task.name === task.id ? undefined : given(task.name),
        schedule: task.cronExpression,
      }));
      runner.onMatch = asRun(onMatch, () => job, 'handled', hooks);
    });
  }
}

/** The default name is random. */
function given(name: string | undefined): string | undefined {
  return name === undefined || UUID.test(name) ? undefined : name;
}
