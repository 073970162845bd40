import { guard, type Hooks } from '@foreshock/kit';
import type { Carrier, QueueEvents, Send } from '../../events.ts';
import { carrying, isInternal, type Database } from './job.ts';
import { databaseOf, type Manager } from './manager.ts';

const SYSTEM = 'pg-boss';

interface Request {
  name?: unknown;
  data?: unknown;
}

/**
 * Before 12.38. `send`, `sendAfter`, `sendThrottled`, `sendDebounced` and `publish` all come through
 * `createJob` and await it; `insert` writes by itself.
 */
export function observeSends(prototype: Manager, queue: QueueEvents, hooks: Hooks): void {
  hooks.wrap(prototype, 'createJob', (original) => {
    return function (this: Manager, ...args: unknown[]) {
      // The fourth argument is the second try of 10's sendDebounced, from inside the first.
      if (!hooks.active || args.length > 3) return original.apply(this, args);
      // 10 and 11 take name, data and options, 12 takes them in one object.
      const [request, data] = args as [unknown, unknown];
      const isRequest = typeof request === 'object' && request !== null;
      const name = isRequest ? (request as Request).name : request;
      if (isInternal(name)) return original.apply(this, args);
      const send = guard('pg-boss send', () =>
        queue.send({ system: SYSTEM, destination: String(name), operation: 'send', count: 1 }),
      );
      if (!send) return original.apply(this, args);
      const given = guard('pg-boss send', () =>
        isRequest
          ? [withTrace(request, () => send.carrier)]
          : [name, carrying(data, () => send.carrier), ...args.slice(2)],
      );
      return observed(send.run(original, this, given ?? args), send);
    };
  });

  hooks.wrap(prototype, 'insert', (original) => {
    return function (this: Manager, ...args: unknown[]) {
      // 10 takes jobs and options, each job with its queue's name; later ones the name first.
      const at = typeof args[0] === 'string' ? 1 : 0;
      const jobs = args[at];
      if (!hooks.active || !Array.isArray(jobs) || jobs.length === 0 || isInternal(args[0])) {
        return original.apply(this, args);
      }
      const given = guard('pg-boss insert', () => insertArguments(this, args, at, jobs, queue));
      return original.apply(this, given ?? args);
    };
  });

  // Calls with an end that only their caller's promise knows: the caller's own trace travels, they get no span.
  for (const method of ['update', 'upsert'] as const) {
    if (!prototype[method]) continue;
    hooks.wrap(prototype, method, (original) => {
      return function (this: Manager, ...args: unknown[]) {
        const given = hooks.active ? guard(`pg-boss ${method}`, () => updateArguments(args, queue)) : undefined;
        return original.apply(this, given ?? args);
      };
    });
  }
  if (!prototype.flow) return;
  hooks.wrap(prototype, 'flow', (original) => {
    return function (this: Manager, ...args: unknown[]) {
      const given = hooks.active ? guard('pg-boss flow', () => flowArguments(args, queue)) : undefined;
      return original.apply(this, given ?? args);
    };
  });
}

/** The result is the library's to await, so watching it hides no rejection. */
function observed(result: unknown, send: Send): unknown {
  (result as Promise<unknown>).then(
    // No id: a job that was throttled away.
    (id) => guard('pg-boss send', () => (typeof id === 'string' ? send.sent(1, id) : send.sent(0))),
    (error) => guard('pg-boss send', () => send.failed(error)),
  );
  return result;
}

/**
 * `insert` checks its jobs, looks its queue up, writes the JSON and at once executes the statement. The sending
 * begins with the JSON, so that it is known to have come to its end when the database answers.
 */
function insertArguments(
  manager: Manager,
  args: unknown[],
  at: number,
  jobs: (Request | null)[],
  queue: QueueEvents,
): unknown[] | undefined {
  const options = args[at + 1] as { db?: Database } | undefined;
  const db = databaseOf(manager, options);
  if (!db) return undefined;
  const names = new Set(at === 1 ? [args[0]] : jobs.map((job) => job?.name));
  if ([...names].some(isInternal)) return undefined;
  const destination = names.size === 1 ? String([...names][0]) : undefined;

  let begun = false;
  let executed = false;
  let send: Send | undefined;
  const begin = (): Send | undefined => {
    if (begun) return send;
    begun = true;
    send = queue.send({ system: SYSTEM, destination, operation: 'insert', count: jobs.length });
    // Data that is no JSON (a cycle, a BigInt) throws between here and the statement.
    queueMicrotask(() => executed || send?.failed(new TypeError('not sent: data cannot be written as JSON')));
    return send;
  };
  const sender: Database = {
    async executeSql(text, values) {
      executed = true;
      const sending = guard('pg-boss insert', begin);
      if (!sending) return db.executeSql(text, values);
      try {
        const result = await sending.run(db.executeSql, db, [text, values]);
        guard('pg-boss insert', () => sending.sent());
        return result;
      } catch (error) {
        guard('pg-boss insert', () => sending.failed(error));
        throw error;
      }
    },
  };
  const given = [...args];
  given[at] = jobs.map((job) => job && withTrace(job, () => begin()?.carrier));
  given[at + 1] = { ...options, db: sender };
  return given;
}

function updateArguments(args: unknown[], queue: QueueEvents): unknown[] | undefined {
  const [first, data, ...rest] = args;
  if (typeof first === 'string') return [first, carrying(data, () => queue.carrier(first)), ...rest];
  if (typeof first !== 'object' || first === null || args.length !== 1) return undefined;
  return [withTrace(first, () => queue.carrier(String((first as Request).name)))];
}

function flowArguments(args: unknown[], queue: QueueEvents): unknown[] | undefined {
  const [jobs, ...rest] = args;
  if (!Array.isArray(jobs)) return undefined;
  return [jobs.map((job: Request) => withTrace(job, () => queue.carrier(String(job.name)))), ...rest];
}

/** The caller's object stays as it is; one that writes its own JSON is passed on. */
function withTrace(request: Request, carrierOf: () => Carrier | undefined): Request {
  if ('toJSON' in request) return request;
  return { ...request, data: carrying(request.data, carrierOf) };
}
