import { answeringOnce, bindOnce, type Hooks } from '@foreshock/kit';
import type { DbAdapter, DbEvents, Query } from '../../events.ts';
import { batchSizeOf, collectionOf, nameOf, operationOf } from './command.ts';
import { detachConnections, mongodbConnection, targetOfConnection } from './connections.ts';
import { recogniseFollowers, type Operation } from './followers.ts';
import { keepQueuedCallers } from './mongoose.ts';
import { MONGODB_ERRORS, replyError } from './errors.ts';

const NAME = 'mongodb';

interface Namespace {
  db: string;
}

/** Of `Connection.prototype.command`; before 6.4 with callback. */
type CommandArguments = [Namespace, Record<string, unknown>, unknown, ((...args: any[]) => unknown) | undefined];

/**
 * mongodb 5 to 7, also mongoose's.
 *
 * Each call is one `executeOperation` or several, which send commands by `Connection.prototype.command`, again for
 * repeated reads and writes. Handshakes and monitors send theirs outside operations.
 *
 * Command monitoring events need `monitorCommands`, which changes the driver; before 6.4 replies arrive in the socket's
 * context.
 */
export const mongodb: DbAdapter = {
  library: NAME,
  versions: '>=5.0.0 <8',
  upstream: ['@opentelemetry/instrumentation-mongodb'],
  driver: mongodbConnection,
  shows: ['spans', 'parent', 'attempt or hit'],
  summary: 'commands of collections, cursors, bulk writes and transactions, repeated reads and writes; below mongoose',
  attach(db, hooks) {
    detachConnections(hooks);
    keepQueuedCallers(hooks);
    hookOperations(db, hooks);
    hooks.onLoad('mongodb/lib/cmap/connection.js', ({ exports }) => {
      // 6.3's `ModernConnection` is not used.
      hookCommands(exports.Connection.prototype, db, hooks);
    });
  },
};

function hookOperations(db: DbEvents, hooks: Hooks): void {
  const isFollowing = recogniseFollowers(hooks);
  hooks.onLoad('mongodb/lib/operations/execute_operation.js', ({ exports }) => {
    hooks.calls(exports, 'executeOperation', {
      begin(_self, args: [unknown, Operation | undefined, unknown]) {
        if (isFollowing(args[1])) return undefined;
        const operation = db.operation();
        // Internal, before 6.4.
        if (operation && typeof args[2] === 'function') args[2] = bindOnce(args[2] as () => unknown);
        return operation;
      },
      within: (operation) => operation,
    });
  });
}

function hookCommands(prototype: { command: unknown }, db: DbEvents, hooks: Hooks): void {
  hooks.calls(prototype, 'command', {
    begin(connection: object, args: CommandArguments) {
      const query = startCommand(connection, args, db);
      const callback = args[3];
      if (query && typeof callback === 'function' && !isReplyClass(callback)) {
        args[3] = answeringOnce('mongodb command', query, callback, ([error, reply]) => {
          if (error) query.failed(error);
          else replied(query, reply);
        });
      }
      return query;
    },
    // With a callback, nothing.
    succeeded(query, reply) {
      if (reply !== undefined) replied(query, reply);
    },
    failed: (query, error) => query.failed(error),
  });
}

/** Since 6.8 the fourth argument is the reply's class (lib/cmap/wire_protocol/responses.js). */
function isReplyClass(given: Function): boolean {
  return 'make' in given;
}

function startCommand(connection: object, [ns, command]: CommandArguments, db: DbEvents): Query | undefined {
  const operation = operationOf(command);
  if (operation === undefined) return undefined;
  return db.command(
    connection,
    {
      ...targetOfConnection(connection),
      database: nameOf(ns.db),
      operation,
      collection: collectionOf(command, operation),
      batchSize: batchSizeOf(command, operation),
      errors: MONGODB_ERRORS,
    },
    NAME,
  );
}

function replied(query: Query, reply: unknown): void {
  const error = replyError(reply);
  if (error) query.failed(error);
  else query.succeeded();
}
