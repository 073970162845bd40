import { bindOnce, Caller, replacementOf, suppressed, unexportedClass, type Hooks, type Run } from '@foreshock/kit';
import type { DbAdapter, DbEvents } from '../../events.ts';
import {
  ignore,
  isKnown,
  observeCall,
  observedAddCommand,
  targetOfConnection,
  type Connection,
  type Parameters,
} from './commands.ts';

/** What gets statement, `resolve` and `reject`. A prepared statement's `execute` calls `executePromise`. */
const CALLS = ['query', 'prepareExecute', 'executePromise', 'batch'] as const;
/** `addCommand` of a connection is one of them. */
const ADDS = ['addCommandQueue', 'addCommandEnable', 'addCommandEnablePipeline', 'addCommandDisabled'];
/** What a connection sends when opened or reset. */
const OWN = [
  'executeSessionVariableQuery',
  'handleCharset',
  'handleTimezone',
  'checkServerVersion',
  'executeInitQuery',
  'executeSessionTimeout',
];
/** Without statement; their callbacks run where the answer arrives. */
const OTHERS = ['ping', 'reset', 'changeUser', 'end'];

const unseen: Run = (fn, self, args) => new Caller(suppressed(new Caller().context)).run(fn, self, args);

const prototypes = new Set<object>();

/**
 * mariadb 3: its promises, callbacks and pools all use `Connection` of lib/connection.js, which emits nothing of
 * queries. Since 3.5 `require` gets a bundle in its place, which does not export the class.
 */
export const mariadb: DbAdapter = {
  library: 'mariadb',
  versions: '>=3.4.1 <4',
  upstream: [],
  driver(resource) {
    const isConnection = [...prototypes].some((prototype) => Object.prototype.isPrototypeOf.call(prototype, resource));
    return isConnection ? { connection: resource, ...targetOfConnection(resource as Connection) } : undefined;
  },
  shows: ['spans', 'parent'],
  title: '`mariadb` (MariaDB, MySQL)',
  summary: 'queries by promise, callback, event and stream, prepared statements, batches, transactions, imported files',
  attach(db, hooks) {
    hooks.onLoad('mariadb/lib/connection.js', ({ exports }) => {
      wrapConnection((exports.default ?? exports).prototype, db, hooks);
    });
    for (const bundle of ['promise', 'callback']) {
      hooks.onLoad(`mariadb/dist/${bundle}.cjs`, ({ exports }) => {
        const prototype = unexportedClass(
          () => exports.createConnection({}),
          (emitter) => 'addCommandQueue' in emitter,
        );
        if (prototype) wrapConnection(prototype, db, hooks);
      });
    }
  },
};

function wrapConnection(prototype: any, db: DbEvents, hooks: Hooks): void {
  prototypes.add(prototype);
  /** Prepared by a batch: its executions are one call. */
  const ofBatches = new WeakSet<object>();

  for (const method of CALLS) {
    hooks.before(prototype, method, (connection: Connection, args: [Parameters, ...any[]]) => {
      const [parameters, prepared] = args;
      if (!parameters?.sql || isKnown(parameters)) return;
      if (method === 'executePromise' && ofBatches.has(prepared)) ignore(parameters);
      else observeCall(connection, args, db, method === 'batch');
    });
  }

  hooks.before(
    prototype,
    'prepare',
    (_connection, args: [Parameters, (prepared: object) => unknown, () => unknown]) => {
      const [parameters, resolve, reject] = args;
      if (isKnown(parameters)) {
        args[1] = (prepared) => {
          ofBatches.add(prepared);
          return resolve(prepared);
        };
        return;
      }
      ignore(parameters);
      args[1] = bindOnce(resolve);
      args[2] = bindOnce(reject);
    },
  );

  for (const method of ADDS) {
    hooks.wrap(prototype, method, (original) => replacementOf(original, db, hooks, observedAddCommand, mariadb));
  }
  for (const method of OWN) if (method in prototype) hooks.runBy(prototype, method, unseen);
  for (const method of OTHERS) {
    hooks.before(prototype, method, (_connection, args: unknown[]) => {
      for (const [i, arg] of args.entries()) if (typeof arg === 'function') args[i] = bindOnce(arg as () => unknown);
    });
  }
  hooks.detach(prototype, 'connect');
}
