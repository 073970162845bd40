import {
  beforeEach,
  detached,
  followed,
  observed,
  preceded,
  replaceOn,
  type AnyFunction,
  type Attachment,
} from '@foreshock/kit';
import type { DbEvents } from '../../events.ts';
import { TARGET, type PostgresQuery } from './queries.ts';
import { targetOfOptions, type Options } from './targets.ts';

const PLACE = 'postgres connection';

/** What `Connection(options, queues, events)` of postgres/src/connection.js returns, unopened. */
interface Connection {
  execute: AnyFunction;
  connect: AnyFunction;
}

/** Connections are closures, each observed from its making. */
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
  beforeEach(methods, 'execute', note, PLACE, attachment);
  // Opens the socket, now and when lost.
  const opening = (original: AnyFunction): AnyFunction =>
    function (this: unknown, ...args: unknown[]) {
      return attachment.active ? detached(original, this, args) : original.apply(this, args);
    };
  replaceOn(methods, 'connect', (original) => preceded(opening(original), note, PLACE, attachment));
}

/** `onnotify` is called where `sql.listen` opened the socket, for all listeners. */
function observeNotifications(args: [Options], attachment: Attachment<DbEvents>): void {
  const [options] = args;
  const { onnotify } = options;
  if (typeof onnotify !== 'function') return;
  const begin = (_self: unknown, [channel]: [string]) => attachment.events.notification('postgresql', channel);
  args[0] = { ...options, onnotify: observed(onnotify, { begin, within: (run) => run }, PLACE, attachment) };
}
