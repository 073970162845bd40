import { Caller, HandOver, type AnyFunction, type Hooks } from '@foreshock/kit';
import type { Question } from '../../events.ts';
import type { Socket } from '../../socket-io.ts';

/** socket.io-client 4.6 and later, with `retries`: `_addToQueue`, then `emit` for each attempt, one event at a time. */
export interface Queueing extends Socket {
  _opts?: { ackTimeout?: number; retries?: number };
  _addToQueue?(args: unknown[]): void;
}

class Queued extends Caller {
  readonly at: number = performance.now();
  attempts = 0;
}

export class Attempts {
  /** By the queue's own acknowledgement. */
  readonly #queued = new WeakMap<AnyFunction, Queued>();
  readonly #adding = new HandOver<Queued>();

  observe(prototype: Queueing, hooks: Hooks): void {
    hooks.calls(prototype as Required<Queueing>, '_addToQueue', {
      begin: () => new Queued(),
      handOver: this.#adding,
      returned: (queued, _result, _socket, [args]: [AnyFunction[]]) => void this.#queued.set(args.at(-1)!, queued),
    });
  }

  next({ flags, _opts }: Queueing, acknowledge: AnyFunction): Partial<Question> | undefined {
    if (!flags?.fromQueue) return undefined;
    // Sent at once, or behind others.
    const queued = this.#queued.get(acknowledge) ?? this.#adding.take();
    if (!queued) return undefined;
    this.#queued.set(acknowledge, queued);
    queued.attempts++;
    return {
      caller: queued,
      attempt: { number: queued.attempts, most: (_opts?.retries ?? 0) + 1 },
      queuedMs: queued.attempts === 1 ? performance.now() - queued.at : undefined,
    };
  }
}
