import { context, trace, type Context } from '@opentelemetry/api';
import {
  attach,
  guard,
  keyHash,
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

const SYSTEM = 'redis';

const DEFAULT_STAMPEDE_CALLERS = 5;
/** In characters. */
const MAX_SHAPE = 64;

export interface CacheConfig extends InstrumentationConfig {
  /** Concurrent callers missing one key that make a stampede; default 5. */
  stampedeCallers?: number;
  /** The recorded part of a key, at most 64 characters; default its first word and `*` (`user:42` → `user:*`). */
  keyShape?: (key: string) => string;
  /** Records full server error messages; default false (`FORESHOCK_DB_ERROR_MESSAGES`): cut before the first value. */
  errorMessages?: boolean;
  /**
   * Salt (`FORESHOCK_KEY_HASH`): records a hash of each command's one key, for `foreshock races`. Default undefined: none.
   */
  keyHash?: string | undefined;
}

export function openCache(telemetry: Telemetry, config: CacheConfig): CacheEvents {
  const hashOf = config.keyHash === undefined ? undefined : keyHash(config.keyHash);
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

  /** Without values: `SET user:* ?` (conventions). */
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
      if (key === undefined) return undefined;
      return stampedes.missed({
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

  /** Each list or stream message starts a trace. */
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
      // Polls and keep-alives would make endless spans.
      if ((command.blocks || command.keepsAlive) && !trace.getSpan(where)) {
        if (command.blocks) awaitMessage(command);
        return undefined;
      }
      const target = servers.of(server);
      if (stampedes.open) filled(target, command, where);
      const holding = connection && holdingOf(connection);
      const operation = new CacheOperation(
        client,
        where,
        target,
        command.operation,
        textOf(command),
        [command],
        holding,
      );
      if (hashOf && command.access && command.entry !== undefined)
        operation.on(hashOf(`${operation.askedAs}\0${command.entry}`), command.access);
      return operation;
    },

    batch(server, kind, commands, connection) {
      const where = context.active();
      const target = servers.of(server);
      if (stampedes.open) for (const command of commands) filled(target, command, where);
      // Conventions: one operation is no batch.
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
