import type { Hooks } from './hooks.ts';

/**
 * - `spans`: one a call, with an error status when it fails
 * - `wait`: how long a caller waited for a slot, a socket or a worker
 * - `state`: of the pool or the breaker, when it was asked
 * - `parent`: the caller's, also when everything is taken
 * - `attempt or hit`: which try this was; whether the key was there
 */
export type Shown = 'spans' | 'wait' | 'state' | 'parent' | 'attempt or hit';

/**
 * One library as a source of events: it names the library's files, channels and methods, and no
 * OpenTelemetry. `Events` is what its boundary wants to hear.
 */
export interface Adapter<Events> {
  /** npm name of the library, as in `OTEL_NODE_{ENABLED,DISABLED}_INSTRUMENTATIONS`. */
  readonly library: string;
  /** The versions it is tested with, `>=oldest <next major`. */
  readonly versions: string;
  /** The library's own, where `versions` are those of a package beneath it. */
  readonly libraryVersions?: string;
  /** Upstream's instrumentations of the same library: while one of them is active, this adapter stands aside. */
  readonly upstream: readonly string[];
  /** What its tests are to show, in the table at the end of a test run. */
  readonly shows: readonly Shown[];
  /** How the tables of the READMEs call it (Markdown); default its npm name. */
  readonly title?: string;
  /** What the tables of the READMEs say that it shows (Markdown). */
  readonly summary: string;
  /**
   * Mostly there because some other package needs it: its users cannot choose the version, and nothing is said of one
   * that is out of range.
   */
  readonly isTransitive?: boolean;
  /** Attaches itself; everything goes through `hooks`, so that it can be detached. */
  attach(events: Events, hooks: Hooks): void;
}
