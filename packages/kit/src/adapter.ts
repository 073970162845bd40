import type { Hooks } from './hooks.ts';

/**
 * - `spans`: one per call, with an error status when it fails
 * - `wait`: for a slot, a socket or a worker
 * - `state`: of the pool or the breaker, at the time of the request
 * - `parent`: the caller's, also when the pool is full
 * - `attempt or hit`: number of the attempt; whether the key was found
 */
export type Shown = 'spans' | 'wait' | 'state' | 'parent' | 'attempt or hit';

/** Adapts one library into events: its files, channels and methods, without OpenTelemetry. */
export interface Adapter<Events> {
  /** npm name, as in `OTEL_NODE_{ENABLED,DISABLED}_INSTRUMENTATIONS`. */
  readonly library: string;
  /** Tested versions, `>=oldest <next major`. */
  readonly versions: string;
  /** The library's versions, where `versions` are those of a package it depends on. */
  readonly libraryVersions?: string;
  /** Upstream's instrumentations of the same library; the adapter makes no spans while one is active. */
  readonly upstream: readonly string[];
  /** Checked by its tests, listed after a test run. */
  readonly shows: readonly Shown[];
  /** Name in the READMEs (Markdown); default the npm name. */
  readonly title?: string;
  /** Description in the READMEs (Markdown). */
  readonly summary: string;
  /** Mostly a dependency of other packages: users cannot choose its version, so no warning for one out of range. */
  readonly isTransitive?: boolean;
  /** Attaches through `hooks` only, so that it can be detached. */
  attach(events: Events, hooks: Hooks): void;
}
