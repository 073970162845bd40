import { isPromise } from 'node:util/types';
import { detachedTimeout, guard, observed, type AnyFunction, type Hooks, type Runner } from '@foreshock/kit';
import type { Delivery, Failure, Processing, QueueEvents, Settlement } from '../../events.ts';
import { makesItsPromises } from '../amqplib/async-handler.ts';
import { ObservedPromises, type ObservedPromise } from '../amqplib/observed-promises.ts';

interface Handling {
  readonly processing: Processing;
  /** By its consumer, ms; undefined: no answer. */
  readonly answerWithin: number | undefined;
  /** Without an answer, the server delivers it again. */
  limit?: NodeJS.Timeout;
  answer?: Settlement;
  /** The handler's; an answer follows. */
  isOver?: boolean;
  observed?: ObservedPromise;
}

/** Handlers, whose promises nats ignores as amqplib does. */
export class Handlings {
  readonly #queue: QueueEvents;
  readonly #hooks: Hooks;
  readonly #handled = new WeakMap<object, Handling>();
  readonly #promises = new ObservedPromises();

  constructor(queue: QueueEvents, hooks: Hooks) {
    this.#queue = queue;
    this.#hooks = hooks;
  }

  /** @param messageOf its arguments' message, unless it is called for an error */
  observe(
    handler: AnyFunction,
    messageOf: (args: any[]) => object | undefined,
    deliveryOf: (message: any) => Delivery,
    answerWithin: number | undefined,
  ): AnyFunction {
    const elsewhere: Runner = { run: this.#queue.foreground };
    return observed<Handling | Runner>(
      handler,
      {
        begin: (_self, args) => {
          const message = messageOf(args);
          return (message && this.begin(message, deliveryOf, answerWithin)) ?? elsewhere;
        },
        within: (handling) => ('processing' in handling ? handling.processing : handling),
        returned: (handling, result) => 'processing' in handling && this.#returned(handling, handler, result),
        failed: (handling, error) => 'processing' in handling && this.end(handling, { error }),
      },
      'nats handler',
      this.#hooks,
    );
  }

  begin(
    message: object,
    deliveryOf: (message: any) => Delivery,
    answerWithin: number | undefined,
  ): Handling | undefined {
    const processing = this.#queue.process(deliveryOf(message));
    if (!processing) return undefined;
    const handling: Handling = { processing, answerWithin };
    this.#handled.set(message, handling);
    return handling;
  }

  #returned(handling: Handling, handler: AnyFunction, result: unknown): void {
    const end = (failure?: Failure): void => this.end(handling, failure);
    if (!isPromise(result)) this.over(handling);
    else if (makesItsPromises(handler)) {
      result.then(
        () => guard('nats handler', end),
        (error: unknown) => {
          guard('nats handler', () => end({ error }));
          // Stays unhandled.
          throw error;
        },
      );
    } else {
      handling.observed = {
        promise: result,
        settled: (rejection) => end(rejection && { error: rejection, type: rejection.type }),
      };
      this.#promises.add(handling.observed);
      if (handling.answer) this.#promises.soon(handling.observed);
    }
  }

  /** Its code is done: it ends with its answer, if that is still to come. */
  over(handling: Handling): void {
    handling.isOver = true;
    const { answer, answerWithin } = handling;
    if (answer || answerWithin === undefined) this.end(handling);
    else handling.limit = detachedTimeout('nats handler', () => this.end(handling), answerWithin);
  }

  answered(message: object, answer: Settlement): void {
    const handling = this.#handled.get(message);
    if (!handling || handling.answer) return;
    handling.answer = answer;
    handling.processing.settled(answer);
    if (handling.isOver) this.end(handling);
    else if (handling.observed) this.#promises.soon(handling.observed);
  }

  /** Its consumer's time for an answer begins again. */
  goesOn(message: object): void {
    this.#handled.get(message)?.limit?.refresh();
  }

  end({ processing, answer, limit }: Handling, thrown?: Failure): void {
    clearTimeout(limit);
    const failure = thrown ?? (answer === 'requeue' || answer === 'reject' ? refusals[answer] : undefined);
    if (failure) processing.failed(failure);
    else processing.succeeded();
  }
}

/** Resolving after one is failure. */
const refusals: Record<'requeue' | 'reject', Failure> = {
  requeue: { error: new Error('requeued by its handler'), type: 'requeued' },
  reject: { error: new Error('rejected by its handler'), type: 'rejected' },
};
