import {
  type Attributes,
  context,
  ROOT_CONTEXT,
  SpanKind,
  type Context,
  type Span,
  type SpanContext,
  type Tracer,
} from '@opentelemetry/api';
import { LazyRoot, mayBeginRoot } from './lazy-root.ts';
import {
  MESSAGING_DESTINATION_NAME,
  MESSAGING_OPERATION_NAME,
  MESSAGING_OPERATION_TYPE,
  MESSAGING_SYSTEM,
} from './names.ts';
import { spanContextOf } from './own-tracer.ts';
import { pendingRootOf } from './pending-root.ts';
import { nextRound } from './rounds.ts';

/** As a server event or list element. */
export interface PlainMessage {
  system: string;
  /** Low cardinality, else undefined. */
  destination: string | undefined;
  /** The span that opened its connection. */
  link?: SpanContext | undefined;
  attributes?: Attributes | undefined;
}

/** Root `process <destination>`, created when needed. */
class MessageRun extends LazyRoot {
  readonly #tracer: Tracer;
  readonly #describe: () => PlainMessage;

  constructor(tracer: Tracer, describe: () => PlainMessage, isRound: boolean) {
    // A loop's wait comes first.
    super(isRound, isRound ? Infinity : 0);
    this.#tracer = tracer;
    this.#describe = describe;
  }

  get start(): 'after' {
    return 'after';
  }

  get link(): SpanContext | undefined {
    return this.#describe().link;
  }

  protected makeSpan(startTime: number): Span {
    const { system, destination, link, attributes } = this.#describe();
    return this.#tracer.startSpan(
      destination === undefined ? 'process' : `process ${destination}`,
      {
        kind: SpanKind.CONSUMER,
        root: true,
        startTime,
        ...(link && { links: [{ context: link }] }),
        attributes: {
          [MESSAGING_SYSTEM]: system,
          [MESSAGING_OPERATION_NAME]: 'process',
          [MESSAGING_OPERATION_TYPE]: 'process',
          ...(destination !== undefined && { [MESSAGING_DESTINATION_NAME]: destination }),
          ...attributes,
        },
      },
      ROOT_CONTEXT,
    );
  }
}

/**
 * @param from default: the active context
 * @returns undefined if part of current work
 */
export function messageContext(
  tracer: Tracer,
  describe: () => PlainMessage,
  from: Context = context.active(),
): Context | undefined {
  return mayBeginRoot(from, tracer) ? new MessageRun(tracer, describe, false).context : undefined;
}

/** Before a loop's wait, see {@link nextRound}. */
export function nextMessageContext(tracer: Tracer, describe: () => PlainMessage): Context | undefined {
  return nextRound(tracer, 0, () => new MessageRun(tracer, describe, true));
}

/** What a message that comes here is linked to: the span here, or what this one's message is linked to. */
export function openerOf(where: Context): SpanContext | undefined {
  const here = spanContextOf(where);
  if (here) return here;
  const root = pendingRootOf(where);
  return root instanceof MessageRun ? root.link : undefined;
}
