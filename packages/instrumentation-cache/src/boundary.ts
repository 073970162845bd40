import { context, trace, type Context } from '@opentelemetry/api';
import {
  attach,
  guard,
  holdingOf,
  messageContext,
  nextMessageContext,
  OperationClient,
  type InstrumentationConfig,
  type Telemetry,
} from '@foreshock/kit';
import { CacheMetrics } from './cache-metrics.ts';
import { CacheOperation, type CacheClient } from './cache-operation.ts';
import type { CacheEvents, CommandDescription } from './events.ts';
import { shapeOf } from './key-shape.ts';
import { KnownServers, type KnownServer } from './known-servers.ts';
import { LocalLookups } from './local-lookups.ts';
import { Stampedes } from './stampedes.ts';

/** `messaging.system` of what comes over Redis. */
const SYSTEM = 'redis';

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
  const operations = new OperationClient(telemetry, config.errorMessages);
  const servers = new KnownServers();
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

  const client: CacheClient = {
    operations,
    servers,
    get metrics() {
      return metrics;
    },
    get misses() {
      return stampedes.misses;
    },
    missed({ cacheName, askedAs, context: where, since }, { key, entry, keyPrefix }) {
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

  /** A loop takes messages from a list or a stream: what it does with each is a trace of its own. */
  function awaitMessage({ key, keyPrefix }: CommandDescription): void {
    const next = nextMessageContext(telemetry.tracer, () => ({
      system: SYSTEM,
      destination: key === undefined ? undefined : shape(key, keyPrefix),
    }));
    if (next) attach(next);
  }

  return {
    get wantsCommands() {
      return operations.wants();
    },

    command(server, command, connection) {
      const where = context.active();
      // A worker that waits for its next job, a client that keeps its connection alive: a span each few seconds, for
      // nothing.
      if ((command.blocks || command.keepsAlive) && !trace.getSpan(where)) {
        if (command.blocks) awaitMessage(command);
        return undefined;
      }
      const target = servers.of(server);
      if (stampedes.open) filled(target, command, where);
      const holding = connection && holdingOf(connection);
      return new CacheOperation(client, where, target, command.operation, textOf(command), [command], holding);
    },

    batch(server, kind, commands, connection) {
      const where = context.active();
      const target = servers.of(server);
      if (stampedes.open) for (const command of commands) filled(target, command, where);
      // The conventions: one operation is no batch.
      const only = commands.length === 1 ? commands[0]! : undefined;
      const operation = only?.operation ?? kind;
      const holding = connection && holdingOf(connection);
      return new CacheOperation(client, where, target, operation, only && textOf(only), commands, holding);
    },

    lookup: (cache, name, key, outcome) => local.lookup(cache, name, key, outcome),
    filled: (cache, key) => local.filled(cache, key),
    message: (channel) => messageContext(telemetry.tracer, () => ({ system: SYSTEM, destination: shape(channel()) })),
  };
}
