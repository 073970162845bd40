import type { Hooks } from './hooks.ts';

/**
 * One library as a source of events: it names the library's files, channels and methods, and no
 * OpenTelemetry. `Events` is what its boundary wants to hear.
 */
export interface Adapter<Events> {
  /** npm name of the library, as in `OTEL_NODE_{ENABLED,DISABLED}_INSTRUMENTATIONS`. */
  readonly library: string;
  /** The versions it is tested with, `>=oldest <next major`. */
  readonly versions: string;
  /** Upstream's instrumentations of the same library: while one of them is active, this adapter stands aside. */
  readonly upstream: readonly string[];
  /**
   * Mostly there because some other package needs it: its users cannot choose the version, and nothing is said of one
   * that is out of range.
   */
  readonly isTransitive?: boolean;
  /** Attaches itself; everything goes through `hooks`, so that it can be detached. */
  attach(events: Events, hooks: Hooks): void;
}
