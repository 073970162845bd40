import { detached, followed, observed, preceded, replaceOn, type AnyFunction, type Attachment } from '@foreshock/kit';
import type { DbEvents } from '../../events.ts';
import { TARGET, type PostgresQuery } from './queries.ts';
import { targetOfOptions, type Options } from './targets.ts';

const PLACE = 'postgres connection';

/** What `Connection(options, queues, events)` of postgres/src/connection.js returns, before it is opened. */
interface Connection {
  execute: AnyFunction;
  connect: AnyFunction;
}

/** A connection consists of closures, so each is observed from its making on. */
export function observedFactory(create: AnyFunction, attachment: Attachment<DbEvents>): AnyFunction {
  const made = preceded(create, (_self, args) => observeNotifications(args, attachment), PLACE, attachment);
  const observe = (connection: Connection, _self: unknown, [options]: [Options]): void =>
    observeConnection(connection, options, attachment);
  return followed(made, observe, PLACE, attachment);
}

function observeConnection(connection: Connection, options: Options, attachment: Attachment<DbEvents>): void {
  const methods = connection as unknown as Record<'execute' | 'connect', AnyFunction>;
  const target = targetOfOptions(options);
  const note = (_self: unknown, [query]: [PostgresQuery]): void => {
    query[TARGET] = target;
  };
  replaceOn(methods, 'execute', (original) => preceded(original, note, PLACE, attachment));
  // It opens the socket, now and whenever it is lost.
  const opening = (original: AnyFunction): AnyFunction =>
    function (this: unknown, ...args: unknown[]) {
      return attachment.active ? detached(original, this, args) : original.apply(this, args);
    };
  replaceOn(methods, 'connect', (original) => preceded(opening(original), note, PLACE, attachment));
}

/** `onnotify` is called where the socket was opened: by `sql.listen`, for all its listeners. */
function observeNotifications(args: [Options], attachment: Attachment<DbEvents>): void {
  const [options] = args;
  const { onnotify } = options;
  if (typeof onnotify !== 'function') return;
  const begin = (_self: unknown, [channel]: [string]) => attachment.events.notification('postgresql', channel);
  args[0] = { ...options, onnotify: observed(onnotify, { begin, within: (run) => run }, PLACE, attachment) };
}
