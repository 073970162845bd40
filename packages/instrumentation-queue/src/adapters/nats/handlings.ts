import { isPromise } from 'node:util/types';
import { detachedTimeout, observed, type AnyFunction, type Hooks, type Runner } from '@foreshock/kit';
import type { Delivery, Failure, Processing, QueueEvents, Settlement } from '../../events.ts';
import { HandlerPromises, type ObservedPromise } from '../../handler-promises.ts';
import { refusalOf } from '../../refusal.ts';

const PLACE = 'nats handler';

interface Handling {
  readonly processing: Processing;
  /** By its consumer, ms; undefined: no answer. */
  readonly answerWithin: number | undefined;
  /** Without an answer, the server delivers it again. */
  limit?: NodeJS.Timeout;
  answer?: Settlement;
  /** The handler's; an answer follows. */
  isOver?: boolean;
  observed?: ObservedPromise | undefined;
}

/** Handlers, whose promises nats ignores as amqplib does. */
export class Handlings {
  readonly #queue: QueueEvents;
  readonly #hooks: Hooks;
  readonly #handled = new WeakMap<object, Handling>();
  readonly #promises = new HandlerPromises(PLACE);

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
      PLACE,
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
    else {
      handling.observed = this.#promises.follow(handler, result, end);
      if (handling.answer && handling.observed) this.#promises.soon(handling.observed);
    }
  }

  /** Its code is done: it ends with its answer, if that is still to come. */
  over(handling: Handling): void {
    handling.isOver = true;
    const { answer, answerWithin } = handling;
    if (answer || answerWithin === undefined) this.end(handling);
    else handling.limit = detachedTimeout(PLACE, () => this.end(handling), answerWithin);
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
    const failure = thrown ?? (answer && refusalOf(answer));
    if (failure) processing.failed(failure);
    else processing.succeeded();
  }
}
