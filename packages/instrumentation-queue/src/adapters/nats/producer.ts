import { guard, whenSettled, type Hooks, type Runner } from '@foreshock/kit';
import type { QueueEvents, Send } from '../../events.ts';
import { withTrace, type MsgHdrs, type MsgHdrsClass } from './headers.ts';
import { patternOf } from './subject.ts';

/** lib/nats-base-client/nats.js. */
interface Connection {
  readonly options?: { readonly inboxPrefix?: string };
  readonly info?: { readonly headers?: boolean; readonly max_payload?: number };
}

interface Options {
  readonly headers?: MsgHdrs;
  readonly noMux?: boolean;
}

interface Sending extends Runner {
  readonly send: Send;
  readonly options: Options | undefined;
  /** Its answer is read by `parseJsResponse`. */
  readonly isStored: boolean;
}

/** Requests call `publish`, and `JetStreamClient.publish` calls `request`, synchronously at first. */
export class Producers {
  readonly #queue: QueueEvents;
  readonly #hooks: Hooks;
  #Headers: MsgHdrsClass | undefined;
  /** By us. */
  readonly #copies = new WeakSet<object>();
  #isInside = false;
  #hasSent = false;
  #isStoring = false;
  /** Options of JetStream's requests, which may be sent again. */
  readonly #storing = new WeakSet<object>();
  /** By the answer. */
  readonly #stored = new WeakMap<object, Send>();

  constructor(queue: QueueEvents, hooks: Hooks) {
    this.#queue = queue;
    this.#hooks = hooks;
  }

  useHeaders(Headers: MsgHdrsClass): void {
    this.#Headers = Headers;
  }

  observeConnection(prototype: Record<'publish' | 'request', unknown>): void {
    this.#hooks.calls(prototype, 'publish', {
      begin: (connection, args): Sending | undefined => this.#begin(connection, 'publish', args),
      within: (sending) => sending,
      returned: ({ send }) => send.sent(),
      failed: ({ send }, error) => send.failed(error),
    });
    this.#hooks.calls(prototype, 'request', {
      begin: (connection, args): Sending | undefined => this.#begin(connection, 'request', args),
      within: (sending) => sending,
      returned: (sending, result) => this.#requested(sending, result),
      failed: ({ send }, error) => send.failed(error),
    });
  }

  #requested({ send, options, isStored }: Sending, result: unknown): void {
    // Nobody of the library handles these promises: an unhandled rejection stays one.
    if (options?.noMux) return send.sent();
    if (!this.#hasSent) return send.failed(new Error('refused before it was sent'));
    const answered = (answer: unknown): void => {
      if (isStored) this.#stored.set(answer as object, send);
      else send.sent();
    };
    whenSettled(result, answered, (error) => send.failed(error));
  }

  observeJetStream(prototype: Record<'publish', unknown>): void {
    const storing: Runner = {
      run: (fn, self, args) => {
        this.#isStoring = true;
        try {
          return Reflect.apply(fn, self, args);
        } finally {
          this.#isStoring = false;
        }
      },
    };
    this.#hooks.calls(prototype, 'publish', { begin: (): Runner => storing, within: (runner) => runner });
  }

  observeAnswers(prototype: Record<'parseJsResponse', unknown>): void {
    this.#hooks.calls(prototype, 'parseJsResponse', {
      begin: (_client, [answer]): Send | undefined => this.#stored.get(answer),
      returned: (send, { seq }) => send.sent(1, seq === undefined ? undefined : String(seq)),
      failed: (send, error) => send.failed(error),
    });
  }

  #begin(connection: Connection, operation: string, args: unknown[]): Sending | undefined {
    const [subject, data, options] = args as [unknown, unknown, Options | undefined];
    // Of a request, which it sends.
    if (this.#isInside) this.#hasSent = true;
    if (this.#isInside || isInternal(connection, subject) || (options?.headers && this.#copies.has(options.headers))) {
      return undefined;
    }
    const isStored = this.#isStoring || (options !== undefined && this.#storing.has(options));
    if (isStored && options) this.#storing.add(options);
    const send = this.#queue.send({
      system: 'nats',
      destination: patternOf(String(subject)),
      operation: isStored ? 'publish' : operation,
      count: 1,
    });
    if (!send) return undefined;
    guard('nats publish', () => this.#addTrace(connection, args, data, options, send));
    const run: Runner['run'] = (fn, self, given) => {
      this.#isInside = true;
      this.#hasSent = false;
      try {
        return send.run(fn, self, given);
      } finally {
        this.#isInside = false;
      }
    };
    return { send, options, isStored, run };
  }

  /** Not where the message fits only without. */
  #addTrace({ info }: Connection, args: unknown[], data: unknown, options: Options | undefined, send: Send): void {
    if (!this.#Headers || !send.carrier || !info?.headers) return;
    const headers = withTrace(this.#Headers, options?.headers, send.carrier);
    const bytes = typeof data === 'string' ? Buffer.byteLength(data) : ((data as Uint8Array | undefined)?.length ?? 0);
    if (bytes + headers.encode().length > (info.max_payload ?? Infinity)) return;
    this.#copies.add(headers);
    args[2] = { ...options, headers };
  }
}

/** Replies, and the API of JetStream, with keys of its key-value stores. */
export function isInternal({ options }: Connection, subject: unknown): boolean {
  // Others' prefixes mostly begin alike.
  return (
    typeof subject !== 'string' || /^(?:\$|_INBOX)/.test(subject) || subject.startsWith(`${options?.inboxPrefix}.`)
  );
}
