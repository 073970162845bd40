import type { Hooks } from './hooks.ts';

/**
 * - `spans`: one per call, error status on failure
 * - `wait`: for a slot, a socket or a worker
 * - `state`: of pool or breaker at the request
 * - `parent`: the caller's, also when the pool is full
 * - `attempt or hit`: attempt number; whether the key was found
 */
export type Shown = 'spans' | 'wait' | 'state' | 'parent' | 'attempt or hit';

/** A library's files, channels and methods as events, without OpenTelemetry. */
export interface Adapter<Events> {
  /** As in `OTEL_NODE_{ENABLED,DISABLED}_INSTRUMENTATIONS`. */
  readonly library: string;
  /** Tested versions, `>=oldest <next major`. */
  readonly versions: string;
  /** The library's, where `versions` are a dependency's. */
  readonly libraryVersions?: string;
  /** Upstream's; while one is active, the adapter makes no spans. */
  readonly upstream: readonly string[];
  /** What its tests must show. */
  readonly shows: readonly Shown[];
  /** README name (Markdown); default the npm name. */
  readonly title?: string;
  /** README description (Markdown). */
  readonly summary: string;
  /** Users cannot choose a dependency's version: no warning out of range. */
  readonly isTransitive?: boolean;
  /** Through `hooks` only, so that it can be detached. */
  attach(events: Events, hooks: Hooks): void;
}
