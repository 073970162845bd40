import { guard, type Hooks } from '@foreshock/kit';
import type { QueueEvents, Send } from '../../events.ts';
import type { Database } from './database.ts';
import { isInternal } from './job.ts';
import { databaseOf, type Manager } from './manager.ts';
import { insertingWith } from './trace-column.ts';

const SYSTEM = 'pg-boss';

interface Request {
  name?: unknown;
  options?: { db?: Database };
}

/**
 * Before 12.38: `send`, `sendAfter`, `sendThrottled`, `sendDebounced` and `publish` await `createJob`; `insert` does
 * not.
 */
export function observeSends(prototype: Manager, queue: QueueEvents, hooks: Hooks): void {
  hooks.calls(prototype, 'createJob', {
    begin(manager: Manager, args: unknown[]): Send | undefined {
      // The fourth marks 10's nested sendDebounced.
      if (args.length > 3) return undefined;
      // 12: one object for name, data, options.
      const [request] = args;
      const isRequest = typeof request === 'object' && request !== null;
      const name = isRequest ? (request as Request).name : request;
      if (isInternal(name)) return undefined;
      const send = queue.send({ system: SYSTEM, destination: String(name), operation: 'send', count: 1 });
      if (!send) return undefined;
      const optionsWith = (options: { db?: Database } | undefined): object => {
        const db = options?.db ?? manager.db;
        return { ...options, db: insertingWith(db, db === manager.db, () => send.carrier) };
      };
      if (isRequest) args[0] = { ...request, options: optionsWith((request as Request).options) };
      else args[2] = optionsWith(args[2] as Request['options']);
      return send;
    },
    within: (send) => send,
    // Throttled: no id.
    succeeded: (send, id) => (typeof id === 'string' ? send.sent(1, id) : send.sent(0)),
    failed: (send, error) => send.failed(error),
  });

  hooks.before(prototype, 'insert', (manager: Manager, args: unknown[]) => {
    // 10: jobs, options; later the name first.
    const at = typeof args[0] === 'string' ? 1 : 0;
    const jobs = args[at];
    if (!Array.isArray(jobs) || jobs.length === 0 || isInternal(args[0])) return;
    const options = insertOptions(manager, args, at, jobs, queue);
    if (options) args[at + 1] = options;
  });
}

/** The one statement after the checks. */
function insertOptions(
  manager: Manager,
  args: unknown[],
  at: number,
  jobs: (Request | null)[],
  queue: QueueEvents,
): object | undefined {
  const options = args[at + 1] as { db?: Database } | undefined;
  const db = databaseOf(manager, options);
  if (!db) return undefined;
  const names = new Set(at === 1 ? [args[0]] : jobs.map((job) => job?.name));
  if ([...names].some(isInternal)) return undefined;
  const destination = names.size === 1 ? String([...names][0]) : undefined;

  const sender: Database = {
    async executeSql(text, values) {
      const send = guard('pg-boss insert', () =>
        queue.send({ system: SYSTEM, destination, operation: 'insert', count: jobs.length }),
      );
      if (!send) return db.executeSql(text, values);
      const traced = insertingWith(db, db === manager.db, () => send.carrier);
      try {
        const result = await send.run(traced.executeSql, traced, [text, values]);
        guard('pg-boss insert', () => send.sent());
        return result;
      } catch (error) {
        guard('pg-boss insert', () => send.failed(error));
        throw error;
      }
    },
  };
  return { ...options, db: sender };
}
