import type { Adapter, Hooks } from '@foreshock/kit';
import type { LimitedTask, PoolEvents, PoolSource, PoolState } from '../../events.ts';

/** `bottleneck/lib/Bottleneck.js` */
interface Limiter {
  id?: string;
  _states: { /** Jobs received, queued, scheduled and executing. */ counts: [number, number, number, number] };
  _store: {
    storeOptions: { maxConcurrent?: number | null; minTime?: number; reservoir?: number | null };
    /** Next start, or block's end. */
    _nextRequest?: number;
    _unblockTime?: number;
    /** Scheduled and executing jobs' weight. */
    _running?: number;
  };
}

/** `bottleneck/lib/Job.js`: by `schedule`, `submit`, wrapped functions. */
interface Job {
  Events: { instance: Limiter };
  options: { weight: number };
}

/** `Bottleneck.prototype.instanceDefaults` and `Group.prototype.defaults`. */
const UNNAMED = new Set(['<no-id>', 'group-key']);

const counted: PoolState = { used: 0, idle: 0, pending: 0 };

/** Keys may be private: a group's limiters have its name. */
const groups = new WeakMap<object, string | undefined>();

const source: PoolSource = {
  ofTasks: true,
  limitsRate(limiter: object): boolean {
    const { minTime = 0, reservoir } = (limiter as Limiter)._store.storeOptions;
    return minTime > 0 || reservoir != null;
  },
  describe(limiter: object) {
    const id = groups.get(limiter) ?? (limiter as Limiter).id;
    return { name: id === undefined || UNNAMED.has(id) ? 'bottleneck' : id };
  },
  count(limiter: object, state: PoolState): void {
    const { _states, _store } = limiter as Limiter;
    const [received, queued, scheduled, executing] = _states.counts;
    state.limit = _store.storeOptions.maxConcurrent ?? Infinity;
    state.used = _store._running ?? scheduled + executing;
    state.idle = Math.max(0, state.limit - state.used);
    state.pending = received + queued;
  },
  isEnded: () => false,
};

/**
 * bottleneck 2.19. A `Job` runs `doReceive` in its caller's context, `doQueue`, `doRun`, `doExecute` (from a timer) and
 * `doDone`; or `doDrop` while queued.
 */
export const bottleneck: Adapter<PoolEvents> = {
  library: 'bottleneck',
  versions: '>=2.19.0 <3',
  upstream: [],
  shows: ['spans', 'wait', 'state', 'parent'],
  summary: 'waits for a slot or for the rate (`minTime`, reservoir), holders, dropped jobs',
  attach(pools, hooks) {
    hooks.onLoad('bottleneck/lib/Job.js', ({ exports: Job }) => wrapJob(Job.prototype, pools, hooks));
    hooks.onLoad('bottleneck/lib/Group.js', ({ exports: Group }) => {
      hooks.after(Group.prototype, 'key', (limiter, group: { id?: string }) => groups.set(limiter, group.id));
    });
  },
};

function wrapJob(prototype: any, pools: PoolEvents, hooks: Hooks): void {
  const tasks = new WeakMap<Job, LimitedTask>();

  hooks.before(prototype, 'doReceive', (job: Job) => {
    const limiter = job.Events.instance;
    const task = pools.task(source, limiter);
    if (task) tasks.set(job, task);
    const { weight } = job.options;
    if (waitsForRate(limiter, weight)) task?.waits('rate');
    else if (hasTooFew(limiter, weight)) task?.waits();
  });
  hooks.calls(prototype, 'doExecute', {
    begin(job: Job) {
      const task = tasks.get(job);
      task?.started(job.options.weight);
      return task;
    },
    within: (task) => task,
  });
  hooks.before(prototype, 'doDone', (job) => tasks.get(job)?.finished());
  hooks.after(prototype, 'doDrop', (isDropped, job, [drop]: [{ error?: unknown; message?: string }?]) => {
    if (!isDropped) return;
    const { error, message = 'This job has been dropped by Bottleneck' } = drop ?? {};
    tasks.get(job)?.failed(error ?? { code: 'BottleneckError', message });
  });
}

function hasTooFew(limiter: Limiter, weight: number): boolean {
  source.count(limiter, counted);
  return counted.idle < weight;
}

/** Rate-limited despite a free slot. */
function waitsForRate({ _states, _store }: Limiter, weight: number): boolean {
  const { minTime = 0, reservoir } = _store.storeOptions;
  const [received, queued] = _states.counts;
  const ahead = received + queued;
  const now = Date.now();
  if (minTime > 0 && (ahead > 0 || (_store._nextRequest ?? 0) > now)) return true;
  return (reservoir != null && reservoir - ahead < weight) || (_store._unblockTime ?? 0) > now;
}
