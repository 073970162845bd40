import type { Hooks } from '@foreshock/kit';
import type { Fault } from './fault.ts';
import type { Faults } from './faults.ts';
import type { SpansUnderWay } from './spans-under-way.ts';
import type { Target } from './target.ts';

/** A file that has moved is no reason for a line: only what is there can be hit. */
const ANY = { versions: '>=0.0.0 <1000' };

/** As the drivers have them. */
interface ConnectionOptions {
  host?: string;
  port?: number | string;
  database?: string;
  application_name?: string;
}

type AnyFunction = (this: any, ...args: any[]) => any;

/** Connections that are kept: what goes back to a pool goes back late, or never. */
export class Pools {
  readonly #faults: Faults;
  readonly #spans: SpansUnderWay;

  constructor(faults: Faults, spans: SpansUnderWay) {
    this.#faults = faults;
    this.#spans = spans;
  }

  /** Waits for the pool libraries to load. */
  attach(hooks: Hooks): void {
    // `client.release`, as `_acquireClient` makes it for each holder (pg-pool/index.js, 2 and 3).
    hooks.onLoad(
      'pg-pool/index.js',
      ({ exports: Pool }) => {
        hooks.wrap(Pool.prototype, '_releaseOnce', (original) => {
          const pools = this;
          return function (this: object, client: object, ...rest: unknown[]) {
            const release = original.call(this, client, ...rest) as AnyFunction;
            const target = {
              ...targetOf(client),
              ...targetOf((client as { connectionParameters?: object }).connectionParameters),
            };
            return (...args: unknown[]) => pools.#released(target, () => release(...args));
          };
        });
      },
      ANY,
    );
    // `connection.release()` of mysql2 2 and 3 (lib/pool.js, lib/base/pool.js).
    for (const file of ['mysql2/lib/pool.js', 'mysql2/lib/base/pool.js']) {
      hooks.onLoad(
        file,
        ({ exports: { prototype } }) => {
          if (!Object.hasOwn(prototype, 'releaseConnection')) return;
          this.#wrapRelease(hooks, prototype, 'releaseConnection', (connection) => targetOf(connection['config']));
        },
        ANY,
      );
    }
    hooks.onLoad(
      'tarn/dist/Pool.js',
      ({ exports: { Pool } }) => this.#wrapRelease(hooks, Pool.prototype, 'release', connectionTarget, true),
      ANY,
    );
    hooks.onLoad(
      'generic-pool/lib/Pool.js',
      ({ exports: Pool }) => this.#wrapRelease(hooks, Pool.prototype, 'release', connectionTarget, Promise.resolve()),
      ANY,
    );
  }

  /** @param result what a caller gets whose connection is kept */
  #wrapRelease(
    hooks: Hooks,
    prototype: any,
    method: string,
    target: (connection: Record<string, unknown>) => Target,
    result?: unknown,
  ): void {
    const pools = this;
    hooks.wrap(prototype, method, (original) => {
      return function (this: unknown, connection: Record<string, unknown>, ...rest: unknown[]) {
        return pools.#released(target(connection), () => original.call(this, connection, ...rest), result);
      };
    });
  }

  #released(target: Target, release: () => unknown, result?: unknown): unknown {
    const fault = this.#faults.at(['pool'], target).find((each) => each.takes());
    if (!fault) return release();
    const caller = this.#spans.caller();
    const ms = fault.plan.fault === 'hold' ? fault.delayMs() : undefined;
    fault.injected(target, caller ? [caller] : [], ms);
    keep(fault, ms, release);
    return result;
  }
}

/** A leaked connection never comes back: the end of the fault is that no more are leaked. */
function keep(fault: Fault, ms: number | undefined, release: () => unknown): void {
  if (ms !== undefined) fault.putOff(ms, release);
}

function targetOf(given: unknown): Target {
  const { host, port, database, application_name } = (given ?? {}) as ConnectionOptions;
  const names = [application_name, database].filter((name) => name !== undefined);
  return {
    ...(typeof host === 'string' && { host }),
    ...(port !== undefined && { port: Number(port) }),
    ...(names.length > 0 && { names }),
  };
}

/** Of pools of anything: a connection of pg, mysql2, or of a driver that names its host. */
function connectionTarget(connection: Record<string, unknown>): Target {
  return targetOf(connection?.['connectionParameters'] ?? connection?.['config'] ?? connection);
}
