import { guard, type Hooks } from '@foreshock/kit';
import type { HttpEvents, Place } from '../../events.ts';

/** A request that a pool was asked for. */
interface Asked {
  readonly place: Place;
  readonly at: number;
  readonly start: object;
  /** The pool had no connection for it. */
  queued: boolean;
}

/**
 * A pool whose connections are all busy keeps what it was asked for in a line, and hands it on when one of them is
 * free: in the context of the request that freed it (before undici 8), and only then there is a request to see.
 */
export class Pools {
  readonly #known = new WeakMap<object, Asked>();
  /** While a request that a pool was asked for is made. */
  asked: Asked | undefined;

  constructor(events: HttpEvents, hooks: Hooks) {
    for (const folder of ['undici/lib/dispatcher', 'undici/lib']) {
      hooks.onLoad(`${folder}/pool-base.js`, ({ exports }) =>
        this.#wrapPool(exports.prototype ?? exports.PoolBase.prototype, events, hooks),
      );
      hooks.onLoad(`${folder}/client.js`, ({ exports }) => this.#wrapClient(exports.prototype, hooks));
    }
  }

  /** `[kDispatch]` of lib/dispatcher/pool-base.js: `handler` is the very object that the line keeps. */
  #wrapPool(prototype: Record<symbol, () => void>, events: HttpEvents, hooks: Hooks): void {
    const dispatch = Object.getOwnPropertySymbols(prototype).find(({ description }) => description === 'dispatch');
    if (!dispatch) return;
    const known = this.#known;
    hooks.wrap(prototype, dispatch, (original) => {
      return function (this: object, options: unknown, handler: object) {
        if (!hooks.active || typeof handler !== 'object') return original.call(this, options, handler);
        const entry = guard('undici pool', (): Asked => {
          const made = { place: events.here(), at: performance.now(), start: events.begin(), queued: false };
          known.set(handler, made);
          return made;
        });
        const result = original.call(this, options, handler);
        if (entry) entry.queued = true;
        return result;
      };
    });
  }

  /** `dispatch` of lib/dispatcher/client.js, which makes the request. */
  #wrapClient(prototype: { dispatch(): void }, hooks: Hooks): void {
    hooks.wrap(prototype, 'dispatch', (original) => {
      const pools = this;
      return function dispatch(this: object, options: unknown, handler: object) {
        const entry = pools.#known.get(handler);
        if (!entry) return original.call(this, options, handler);
        pools.#known.delete(handler);
        if (!hooks.active) return original.call(this, options, handler);
        pools.asked = entry;
        try {
          if (!entry.queued) return original.call(this, options, handler);
          return entry.place.run(original, this, [options, handler]);
        } finally {
          pools.asked = undefined;
        }
      };
    });
  }
}
