import type { Context } from '@opentelemetry/api';
import { contextAttributesOf } from './context-attributes.ts';
import { BREAKER_NAME } from './names.ts';
import { KnownSettings } from './settings.ts';

/** Used by the application. */
export interface Target {
  /** `db.system.name`, `messaging.system`, `http` or `grpc`. */
  readonly system: string;
  /** Host name, IP address, socket path. */
  readonly address: string | undefined;
  /** Undefined: the system's default. */
  readonly port?: number | undefined;
}

export interface Dependency {
  readonly key: string;
  readonly system: string;
  readonly address: string;
  readonly port: number | undefined;
  /** Since last read. */
  used: boolean;
  /** `performance.now()`, at the last reading; undefined: only connections are seen. */
  usedAt: number | undefined;
  /** `performance.now()`, when it was last connected to, of those whose connections are seen. */
  notedAt: number;
  /** Around calls to it. */
  readonly breakers: Set<string>;
  /**
   * Asks by the application's library, where that alone is harmless. Who asks does not wait for longer than he likes; the
   * question stays one.
   */
  ask: (() => Promise<void>) | undefined;
}

export interface PoolUse {
  readonly name: string;
  readonly used: number;
  readonly pending: number;
  readonly limit: number | undefined;
  /** A harmless question on one of its connections, if it knows one. */
  readonly ask?: (() => Promise<unknown>) | undefined;
}

/** Newest, as a cluster's nodes change. */
const MAX_DEPENDENCIES = 64;
const MAX_BREAKERS = 4;
const MAX_OPEN = 1_000;
const FORGET_MS = 3_600_000;

/** What boundaries see of the application's ability to serve, for `/readyz`. */
class Dependencies {
  readonly #known = new Map<string, Dependency>();
  readonly #open = new Set<string>();
  readonly pools = new Set<() => Iterable<PoolUse>>();
  /** For `/config`. */
  readonly settings = new KnownSettings();

  note({ system, address, port }: Target): Dependency | undefined {
    if (address === undefined) return undefined;
    const key = `${system} ${address} ${port}`;
    let known = this.#known.get(key);
    const notedAt = performance.now();
    if (known) {
      known.notedAt = notedAt;
      return known;
    }
    known = {
      key,
      system,
      address,
      port,
      used: false,
      usedAt: undefined,
      notedAt,
      breakers: new Set(),
      ask: undefined,
    };
    if (this.#known.size >= MAX_DEPENDENCIES) this.#known.delete(this.#longestUnused());
    this.#known.set(key, known);
    return known;
  }

  get(key: string): Dependency | undefined {
    return this.#known.get(key);
  }

  #longestUnused(): string {
    this.#read();
    const { key } = [...this.#known.values()].reduce((one, other) =>
      (other.usedAt ?? Infinity) < (one.usedAt ?? Infinity) ? other : one,
    );
    return key;
  }

  #read(): void {
    const now = performance.now();
    for (const known of this.#known.values()) {
      if (known.used) known.usedAt = now;
      known.used = false;
    }
  }

  breakerChanged(name: string, isOpen: boolean): void {
    if (!isOpen) this.#open.delete(name);
    else if (this.#open.size < MAX_OPEN) this.#open.add(name);
  }

  /** Without long unused ones. */
  *[Symbol.iterator](): Generator<Dependency & { readonly openBreaker: string | undefined }> {
    this.#read();
    const now = performance.now();
    for (const known of this.#known.values()) {
      // Kept, as its users keep it: they may use it again.
      if (known.usedAt !== undefined && now - known.usedAt > FORGET_MS) continue;
      yield { ...known, openBreaker: [...known.breakers].find((name) => this.#open.has(name)) };
    }
  }
}

/** Process-wide: bundle files have copies. */
const KEY = Symbol.for('foreshock.dependencies');
const global = globalThis as { [KEY]?: Dependencies };

/** Undefined: unused. */
export function dependencies(): Dependencies | undefined {
  return global[KEY];
}

export function collectDependencies(): Dependencies {
  return (global[KEY] ??= new Dependencies());
}

export function noteUse(dependency: Dependency, where: Context): void {
  dependency.used = true;
  const breaker = contextAttributesOf(where)?.[BREAKER_NAME];
  if (typeof breaker === 'string' && dependency.breakers.size < MAX_BREAKERS) dependency.breakers.add(breaker);
}
