import type { SpanContext, Span } from '@opentelemetry/api';
import type { PoolDescription, PoolSource } from './events.ts';
import type { Saturation } from './pool-saturation.ts';

/** A connection that is out: who has it, since when, and what for. */
export interface Hold {
  since: number;
  span: Span | undefined;
  operation: string | undefined;
  leakTold: boolean;
}

/** How a connection was held: enough to say who was in the way. */
export interface Holding {
  heldMs: number;
  spanContext: SpanContext | undefined;
  operation: string | undefined;
}

/** What the boundary knows of one pool. */
export interface PoolBook {
  readonly source: PoolSource;
  readonly description: PoolDescription;
  /** `db.client.connection.pool.name`: the user's own name, else `host:port/database` as the conventions say. */
  readonly name: string;
  /** The short form for span names. */
  readonly label: string;
  /** Connections that are out; a Map keeps their order, so the first is the oldest. */
  readonly holds: Map<object, Hold>;
  /** How each connection was last held, for the caller it goes to next. */
  readonly lastHoldings: WeakMap<object, Holding>;
  /** The saturation under way. */
  saturation: Saturation | undefined;
}

export function openBook(source: PoolSource, pool: object): PoolBook {
  const description = source.describe(pool);
  return {
    source,
    description,
    name: nameOf(description),
    label: description.name ?? description.database ?? description.host ?? description.system,
    holds: new Map(),
    lastHoldings: new WeakMap(),
    saturation: undefined,
  };
}

function nameOf(description: PoolDescription): string {
  if (description.name) return description.name;
  const host = description.host ?? 'localhost';
  const port = description.port === undefined ? '' : `:${description.port}`;
  return description.database ? `${host}${port}/${description.database}` : `${host}${port}`;
}

export function holdingOf(hold: Hold, now: number): Holding {
  return { heldMs: round(now - hold.since), spanContext: hold.span?.spanContext(), operation: hold.operation };
}

/** Milliseconds with two digits: finer is noise. */
export function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}
