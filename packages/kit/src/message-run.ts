import { context, ROOT_CONTEXT, SpanKind, type Context, type Span, type Tracer } from '@opentelemetry/api';
import { LazyRoot, mayBeginRoot } from './lazy-root.ts';
import {
  MESSAGING_DESTINATION_NAME,
  MESSAGING_OPERATION_NAME,
  MESSAGING_OPERATION_TYPE,
  MESSAGING_SYSTEM,
} from './names.ts';
import { nextRound } from './rounds.ts';

/** A message that carries no trace: an event of a server's, an element of a list. */
export interface PlainMessage {
  /** `messaging.system` of the semantic conventions. */
  system: string;
  /** Where it came from, with few different values; undefined when that may be anything. */
  destination: string | undefined;
}

/** What a message that carries no trace sets off: `process <destination>`, made only when something in it is traced. */
class MessageRun extends LazyRoot {
  readonly #tracer: Tracer;
  readonly #describe: () => PlainMessage;

  constructor(tracer: Tracer, describe: () => PlainMessage, isRound: boolean) {
    super(isRound, 0);
    this.#tracer = tracer;
    this.#describe = describe;
  }

  get start(): 'after' {
    return 'after';
  }

  protected makeSpan(startTime: number): Span {
    const { system, destination } = this.#describe();
    return this.#tracer.startSpan(
      destination === undefined ? 'process' : `process ${destination}`,
      {
        kind: SpanKind.CONSUMER,
        root: true,
        startTime,
        attributes: {
          [MESSAGING_SYSTEM]: system,
          [MESSAGING_OPERATION_NAME]: 'process',
          [MESSAGING_OPERATION_TYPE]: 'process',
          ...(destination !== undefined && { [MESSAGING_DESTINATION_NAME]: destination }),
        },
      },
      ROOT_CONTEXT,
    );
  }
}

/**
 * A message that carries no trace is about to be handled.
 *
 * @param from default: the active context
 * @returns where; undefined where it belongs to what is under way
 */
export function messageContext(
  tracer: Tracer,
  describe: () => PlainMessage,
  from: Context = context.active(),
): Context | undefined {
  return mayBeginRoot(from, tracer) ? new MessageRun(tracer, describe, false).context : undefined;
}

/**
 * The caller is about to wait for such a message; a loop, see {@link nextRound}.
 */
export function nextMessageContext(tracer: Tracer, describe: () => PlainMessage): Context | undefined {
  return nextRound(tracer, 0, () => new MessageRun(tracer, describe, true));
}
