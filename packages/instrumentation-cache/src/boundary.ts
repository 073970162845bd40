import { context, ROOT_CONTEXT, SpanKind, trace, type Attributes, type Context, type Span } from '@opentelemetry/api';
import { bindTo, guard, isSuppressed, report, runIn, type InstrumentationConfig, type Telemetry } from '@foreshock/kit';
import { CacheMetrics } from './cache-metrics.ts';
import type { CacheEvents, CacheServer, ClientPool, CommandDescription } from './events.ts';
import { shapeOf } from './key-shape.ts';
import { countOnSpan } from './local-lookups.ts';
import { leaseAttributes, PoolWait, type Lease, type PoolWatch } from './pool-wait.ts';
import { knowServer, RemoteCall, type CallWatch, type KnownServer } from './remote-call.ts';
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
}

/** Turns what cache adapters report into spans, counts and metrics. */
export function openCache(telemetry: Telemetry, config: CacheConfig): CacheEvents {
  const servers = new WeakMap<CacheServer, KnownServer>();
  const holds = new WeakMap<ClientPool, ReturnType<PoolWatch['holds']>>();
  const leases = new WeakMap<CacheServer, Lease>();
  const localIds = new WeakMap<object, string>();
  let localCaches = 0;
  let pooled = false;
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

  function known(server: CacheServer): KnownServer {
    let found = servers.get(server);
    if (!found) servers.set(server, (found = knowServer(server)));
    return found;
  }

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

  const watch: CallWatch & PoolWatch = {
    get tracer() {
      return telemetry.tracer;
    },
    get metrics() {
      return metrics;
    },
    known,
    missed(call, { key, entry, keyPrefix }) {
      const { cacheName, where, start } = call;
      if (key === undefined) return;
      stampedes.missed({
        id: `${cacheName}\0${entry}`,
        cache: cacheName,
        shape: () => shape(key, keyPrefix),
        where,
        since: start,
        coalesced: false,
      });
    },
    holds(pool) {
      let out = holds.get(pool);
      if (!out) holds.set(pool, (out = new Set()));
      return out;
    },
    leased(connection, lease) {
      pooled = true;
      leases.set(connection, lease);
    },
  };

  function startSpan(server: CacheServer, attributes: Attributes, operation: string, where: Context): Span {
    if (pooled) {
      const lease = leases.get(server);
      if (lease) Object.assign(attributes, leaseAttributes(lease));
      leases.delete(server);
    }
    return telemetry.tracer.startSpan(operation, { kind: SpanKind.CLIENT, attributes }, where);
  }

  /** Of a key in a cache of this process; undefined for keys that are no text. */
  function localId(cache: object, key: unknown): string | undefined {
    if (typeof key !== 'string' && typeof key !== 'number') return undefined;
    let id = localIds.get(cache);
    if (id === undefined) localIds.set(cache, (id = `#${++localCaches}`));
    return `${id}\0${String(key).slice(0, 1_024)}`;
  }

  return {
    command(server, command) {
      if (telemetry.standsAside) return undefined;
      const where = context.active();
      if (isSuppressed(where)) return undefined;
      // A worker that waits for its next job is no request's business: a span each few seconds, for nothing.
      if (command.blocks && !trace.getSpan(where)) return undefined;
      if (command.fills && stampedes.open && command.entry !== undefined) {
        stampedes.filled(`${known(server).name}\0${command.entry}`, where);
      }
      const { operation } = command;
      const target = known(server);
      const attributes: Attributes = {
        ...target.attributes,
        'db.operation.name': operation,
        'db.query.text': textOf(command),
      };
      return new RemoteCall(watch, startSpan(server, attributes, operation, where), where, operation, target, command);
    },

    batch(server, kind, size) {
      if (telemetry.standsAside) return undefined;
      const where = context.active();
      if (isSuppressed(where)) return undefined;
      const target = known(server);
      const attributes: Attributes = { ...target.attributes, 'db.operation.name': kind };
      // The conventions: one operation is no batch.
      if (size > 1) attributes['db.operation.batch.size'] = size;
      return new RemoteCall(watch, startSpan(server, attributes, kind, where), where, kind, target);
    },

    acquire(pool) {
      return telemetry.standsAside ? undefined : new PoolWait(watch, pool);
    },

    lookup(cache, name, key, outcome) {
      try {
        const where = context.active();
        const span = trace.getSpan(where);
        if (span) countOnSpan(span, outcome);
        if (metrics) metrics.lookedUp(name, outcome === 'hit' ? 1 : 0, outcome === 'hit' ? 0 : 1);
        if (outcome === 'hit') return;
        const id = localId(cache, key);
        if (id === undefined) return;
        stampedes.missed({
          id,
          cache: name,
          shape: () => shape(String(key)),
          where,
          since: performance.now(),
          coalesced: outcome === 'coalesced',
        });
      } catch (error) {
        report('cache lookup', error);
      }
    },

    filled(cache, key) {
      try {
        if (!stampedes.open) return;
        const id = localId(cache, key);
        if (id) stampedes.filled(id, context.active());
      } catch (error) {
        report('cache fill', error);
      }
    },

    bound: (fn) => bindTo(context.active(), fn),
    unattended: (fn, self, args) => runIn(ROOT_CONTEXT, fn, self, args),
  };
}
