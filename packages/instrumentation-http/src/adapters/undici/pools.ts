import { Caller, HandOver, type Hooks } from '@foreshock/kit';
import type { HttpEvents } from '../../events.ts';
import { noteDispatcher } from './settings.ts';

class Asked extends Caller {
  readonly at = performance.now();
  readonly start: object;
  queued = false;

  constructor(start: object) {
    super();
    this.start = start;
  }
}

/** A busy pool queues requests. Before undici 8 it dispatches them in another's context. */
export class Pools {
  readonly #known = new WeakMap<object, Asked>();
  /** To its request's channel, synchronously. */
  readonly asked = new HandOver<Asked>();

  constructor(events: HttpEvents, hooks: Hooks) {
    for (const folder of ['undici/lib/dispatcher', 'undici/lib']) {
      hooks.onLoad(`${folder}/pool-base.js`, ({ exports }) =>
        this.#wrapPool(exports.prototype ?? exports.PoolBase.prototype, events, hooks),
      );
      hooks.onLoad(`${folder}/client.js`, ({ exports }) => this.#wrapClient(exports.prototype, hooks));
    }
  }

  /** `[kDispatch]` (lib/dispatcher/pool-base.js) queues the same `handler`. */
  #wrapPool(prototype: Record<symbol, () => void>, events: HttpEvents, hooks: Hooks): void {
    const dispatch = Object.getOwnPropertySymbols(prototype).find(({ description }) => description === 'dispatch');
    if (!dispatch) return;
    hooks.calls(prototype, dispatch, {
      begin: (pool: object, [, handler]): Asked | undefined => {
        noteDispatcher(pool);
        if (typeof handler !== 'object') return undefined;
        const asked = new Asked(events.begin());
        this.#known.set(handler, asked);
        return asked;
      },
      returned: (asked) => void (asked.queued = true),
    });
  }

  /** `dispatch` (lib/dispatcher/client.js) makes the request. */
  #wrapClient(prototype: { dispatch(): void }, hooks: Hooks): void {
    hooks.calls(prototype, 'dispatch', {
      begin: (client: object, [, handler]): Asked | undefined => {
        const asked = this.#known.get(handler);
        if (asked) this.#known.delete(handler);
        else noteDispatcher(client);
        return asked;
      },
      handOver: this.asked,
      within: (asked) => (asked.queued ? asked : undefined),
    });
  }
}
