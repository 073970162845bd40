import { context, SpanKind, trace, type Attributes, type Context, type Span } from '@opentelemetry/api';
import {
  bindTo,
  guard,
  holdingOf,
  isSuppressed,
  privateMessageOf,
  startSpan,
  wholeMessageOf,
  type InstrumentationConfig,
  type Telemetry,
} from '@foreshock/kit';
import { CacheMetrics } from './cache-metrics.ts';
import type { CacheEvents, CommandDescription } from './events.ts';
import { POOL_NAME } from '@foreshock/kit/names';
import { shapeOf } from './key-shape.ts';
import { LocalLookups } from './local-lookups.ts';
import { RemoteCall, type CallWatch } from './remote-call.ts';
import { Servers, type KnownServer } from './servers.ts';
import { Stampedes } from './stampedes.ts';

/** So many callers that miss one key at a time are a stampede. */
const DEFAULT_STAMPEDE_CALLERS = 5;
/** Longest shape that a `keyShape` of the user's may give. */
const MAX_SHAPE = 64;

/** What the cache boundary can be told. */
export interface CacheConfig extends InstrumentationConfig {
  /** How many callers have to miss one key at a time for a stampede to be told; default 5. */
  stampedeCallers?: number;
  /**
   * What of a key may be recorded; default its first word and a `*` (`user:42` → `user:*`). At most 64
   * characters of it are. Give few different ones, and nothing that is private.
   */
  keyShape?: (key: string) => string;
  /**
   * Whether the server's error messages are recorded whole; default false (`FORESHOCK_DB_ERROR_MESSAGES`): they end
   * before the first value.
   */
  errorMessages?: boolean;
}

/** Turns what cache adapters report into spans, counts and metrics. */
export function openCache(telemetry: Telemetry, config: CacheConfig): CacheEvents {
  const servers = new Servers();
  let metrics: CacheMetrics | undefined;

  telemetry.useMeter((meter) => {
    const started = new CacheMetrics(meter);
    metrics = started;
    return () => {
      started.stop();
      metrics = undefined;
    };
  });

  const stampedes = new Stampedes(
    config.stampedeCallers ?? DEFAULT_STAMPEDE_CALLERS,
    () => telemetry.tracer,
    (cache) => metrics?.stampede(cache),
  );
  const local = new LocalLookups(stampedes, shape, () => metrics);

  function shape(key: string, prefix?: string): string {
    const { keyShape } = config;
    if (!keyShape) return shapeOf(key, prefix);
    return guard('keyShape', () => String(keyShape(key)).slice(0, MAX_SHAPE)) ?? '*';
  }

  /** As the conventions write a command, its arguments replaced: `SET user:* ?`. */
  function textOf({ operation, key, keyPrefix, hasMore }: CommandDescription): string {
    const name = key === undefined ? operation : `${operation} ${shape(key, keyPrefix)}`;
    return hasMore ? `${name} ?` : name;
  }

  const watch: CallWatch = {
    servers,
    get metrics() {
      return metrics;
    },
    describe: config.errorMessages ? wholeMessageOf : privateMessageOf,
    missed({ cacheName, askedAs, where, since }, { key, entry, keyPrefix }) {
      if (key === undefined) return;
      stampedes.missed({
        id: `${askedAs}\0${entry}`,
        cache: cacheName,
        shape: () => shape(key, keyPrefix),
        where,
        since,
        coalesced: false,
      });
    },
  };

  function filled({ name }: KnownServer, { fills, entry }: CommandDescription, where: Context): void {
    if (fills && entry !== undefined) stampedes.filled(`${name}\0${entry}`, where);
  }

  function start(
    target: KnownServer,
    where: Context,
    operation: string,
    text: string | undefined,
    connection: object | undefined,
    size = 1,
  ): Span {
    const attributes: Attributes = {};
    if (size > 1) attributes['db.operation.batch.size'] = size;
    const holding = connection && holdingOf(connection);
    const state = holding?.takeState();
    if (holding && state) Object.assign(attributes, state, { [POOL_NAME]: holding.poolName });
    const common = target.command(operation, text);
    const parent = holding?.parent && !trace.getSpan(where) ? holding.parent : where;
    return startSpan(telemetry.tracer, operation, { kind: SpanKind.CLIENT, attributes, common }, parent);
  }

  return {
    get wantsCommands() {
      return !telemetry.standsAside && !isSuppressed(context.active());
    },

    command(server, command, connection) {
      const where = context.active();
      // A worker that waits for its next job, a client that keeps its connection alive: a span each few seconds, for
      // nothing.
      if ((command.blocks || command.keepsAlive) && !trace.getSpan(where)) return undefined;
      const target = servers.of(server);
      if (stampedes.open) filled(target, command, where);
      const { operation } = command;
      const span = start(target, where, operation, textOf(command), connection);
      return new RemoteCall(watch, span, where, stampedes.misses, operation, target, [command]);
    },

    batch(server, kind, commands, connection) {
      const where = context.active();
      const target = servers.of(server);
      if (stampedes.open) for (const command of commands) filled(target, command, where);
      // The conventions: one operation is no batch.
      const only = commands.length === 1 ? commands[0]! : undefined;
      const operation = only?.operation ?? kind;
      const span = start(target, where, operation, only && textOf(only), connection, commands.length);
      return new RemoteCall(watch, span, where, stampedes.misses, operation, target, commands);
    },

    lookup: (cache, name, key, outcome) => local.lookup(cache, name, key, outcome),
    filled: (cache, key) => local.filled(cache, key),
    bound: (fn) => bindTo(context.active(), fn),
  };
}
