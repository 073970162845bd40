import type { Hooks } from '@foreshock/kit';
import type { Faults } from './faults.ts';
import { onLibrary } from './library.ts';
import type { SpansUnderWay } from './spans-under-way.ts';

type Handler = (this: unknown, ...args: unknown[]) => unknown;

/** Delays or fails handlers inside their own spans. */
export class Consumers {
  readonly #faults: Faults;
  readonly #spans: SpansUnderWay;

  constructor(faults: Faults, spans: SpansUnderWay) {
    this.#faults = faults;
    this.#spans = spans;
  }

  attach(hooks: Hooks): void {
    // work(name, handler): 10, 11; work(name, options, handler): 12.
    const wrapWork = (prototype: any): void =>
      hooks.wrap(prototype, 'work', (original) => this.#takingHandler(original, 'last'));
    onLibrary(hooks, 'pg-boss/src/manager.js', ({ exports }) => wrapWork(exports.prototype));
    onLibrary(hooks, 'pg-boss/dist/manager.js', ({ exports }) => wrapWork(exports.default.prototype));

    for (const model of ['channel_model', 'callback_model']) {
      onLibrary(hooks, `amqplib/lib/${model}.js`, ({ exports: { Channel } }) =>
        hooks.wrap(Channel.prototype, 'consume', (original) => this.#takingHandler(original, 1)),
      );
    }
    // `this.processFn` is also a sandboxed processor's; the instrumentation's span is around it.
    onLibrary(hooks, 'bullmq/dist/cjs/classes/worker.js', ({ exports: { Worker } }) => {
      const hit = new WeakSet<object>();
      hooks.wrap(Worker.prototype, 'callProcessJob', (original) => this.#hittingProcessor(original, hit));
    });
  }

  #hittingProcessor(original: Handler, hit: WeakSet<object>): Handler {
    const consumers = this;
    return function (this: any, ...args) {
      if (!hit.has(this)) {
        hit.add(this);
        this.processFn = consumers.#delayed(String(this.name), this.processFn);
      }
      return original.apply(this, args);
    };
  }

  /** The first argument names the queue; `place`: the handler's. */
  #takingHandler(original: Handler, place: 'last' | number): Handler {
    const consumers = this;
    return function (queue, ...rest) {
      const at = place === 'last' ? rest.length - 1 : place - 1;
      const handler = rest[at];
      if (typeof handler !== 'function') return original.call(this, queue, ...rest);
      const given = [...rest];
      given[at] = consumers.#delayed(String(queue), handler as Handler);
      return original.call(this, queue, ...given);
    };
  }

  /** Instrumentations wait only for `async` handlers. */
  #delayed(queue: string, handler: Handler): Handler {
    const consumers = this;
    const isAsync = Object.getPrototypeOf(handler) === Object.getPrototypeOf(async () => {});
    if (!isAsync) {
      return function (...args) {
        return consumers.#handle(queue, handler, this, args);
      };
    }
    return async function (this: unknown, ...args: unknown[]) {
      return consumers.#handle(queue, handler, this, args);
    };
  }

  #handle(queue: string, handler: Handler, self: unknown, args: unknown[]): unknown {
    const fault = this.#faults
      .at(['consumer'], { names: [queue] })
      .find((each) => isMatch(each.plan.match, args) && each.takes());
    if (!fault) return Reflect.apply(handler, self, args);
    const caller = this.#spans.caller();
    const isFailure = fault.plan.fault === 'fail';
    const ms = isFailure ? undefined : fault.delayMs();
    fault.injected({ names: [queue] }, caller ? [caller] : [], ms);
    if (isFailure) throw new Error('injected by foreshock/chaos');
    return new Promise((resolve, reject) => {
      fault.putOff(ms, () => {
        try {
          resolve(Reflect.apply(handler, self, args));
        } catch (error) {
          reject(error);
        }
      });
    });
  }
}

/** pg-boss passes a list of jobs, amqplib a message, BullMQ a job. */
function isMatch(text: string | undefined, [given]: unknown[]): boolean {
  if (text === undefined) return true;
  const messages = (Array.isArray(given) ? given : [given]) as { data?: unknown; content?: unknown }[];
  return messages.some((message) => textOf(message?.content ?? message?.data).includes(text));
}

function textOf(content: unknown): string {
  if (Buffer.isBuffer(content)) return content.toString('utf8');
  try {
    return JSON.stringify(content) ?? '';
  } catch {
    return '';
  }
}
