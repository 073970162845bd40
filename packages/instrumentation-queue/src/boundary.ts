import {
  context,
  createContextKey,
  defaultTextMapSetter,
  isSpanContextValid,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Link,
  type Meter,
  type Span,
  type SpanOptions,
  type TextMapGetter,
} from '@opentelemetry/api';
import {
  bindTo,
  errorMessageOf,
  errorTypeOf,
  guard,
  isSuppressed,
  runIn,
  suppressed,
  withCarrierTrust,
  type InstrumentationConfig,
  type Telemetry,
} from '@foreshock/kit';
import {
  MESSAGING_BATCH_MESSAGE_COUNT,
  MESSAGING_CONSUMER_GROUP_NAME,
  MESSAGING_DESTINATION_NAME,
  MESSAGING_MESSAGE_ID,
  MESSAGING_OFFSET,
  MESSAGING_OPERATION_NAME,
  MESSAGING_OPERATION_TYPE,
  MESSAGING_PARTITION_ID,
  MESSAGING_ROUTING_KEY,
  MESSAGING_SYSTEM,
  QUEUE_ACKED_EARLY,
  QUEUE_ATTEMPT,
  QUEUE_DEAD_LETTERED,
  QUEUE_MAX_ATTEMPTS,
  QUEUE_WAIT_MS,
} from '@foreshock/kit/names';
import type { Carrier, Delivery, Failure, Message, Processing, QueueEvents, Send, Sending, Taken } from './events.ts';
import { messagingMetrics, type MessagingMetrics } from './messaging-metrics.ts';

/** A message due later than this after it was sent starts a trace of its own: no trace is open for hours. */
const PROMPT_MS = 60_000;

/** A call that sends more than this starts as many traces: no trace has ten thousand jobs. */
const FAN_OUT = 100;

/** Travels with each message of such a call. */
const BATCH = 'foreshock-batch';

/** More text than any propagator of ours accepts: not even looked at. */
const MAX_VALUE_LENGTH = 8_192;

/** More links than that an SDK drops by default; a batch may have thousands of messages. */
const MAX_LINKS = 128;

const BACKGROUND_KEY = createContextKey('foreshock.queue.background');
const BACKGROUND = suppressed(ROOT_CONTEXT).setValue(BACKGROUND_KEY, true);
const INCOMING = withCarrierTrust(ROOT_CONTEXT);

type Incoming = NonNullable<Message['carrier']>;

/** What travels with messages comes from a database or a broker, where anybody may have written it. */
const getter: TextMapGetter<Incoming> = {
  keys: (carrier) => Object.keys(carrier),
  get(carrier, key) {
    let value = Object.hasOwn(carrier, key) ? carrier[key] : undefined;
    // Brokers whose headers are bytes; decoded only if asked for.
    if (value instanceof Uint8Array && value.length <= MAX_VALUE_LENGTH) value = Buffer.from(value).toString();
    return typeof value === 'string' && value.length <= MAX_VALUE_LENGTH ? value : undefined;
  },
};

function extract(carrier: Incoming | undefined): Context {
  if (!carrier) return ROOT_CONTEXT;
  return guard('reading the trace of a message', () => propagation.extract(INCOMING, carrier, getter)) ?? ROOT_CONTEXT;
}

/** Whether the handling of this message, if it is the only one, is part of the sender's trace. */
function isPrompt({ carrier, delayMs = 0, repeated = false }: Message): boolean {
  return !repeated && delayMs <= PROMPT_MS && (!carrier || !Object.hasOwn(carrier, BATCH));
}

/** What the queue boundary can be told beyond what every boundary can. */
export interface QueueInstrumentationConfig extends InstrumentationConfig {
  /**
   * Which queues, topics or exchanges get the trace along with their messages: say no where somebody reads who
   * must not see it, or who accepts nothing beside the payload he knows. Default all.
   */
  propagateTo?: (destination: string) => boolean;
}

/** Turns what queue adapters report into spans and metrics. */
export function openQueue(telemetry: Telemetry, { propagateTo }: QueueInstrumentationConfig = {}): QueueEvents {
  let metrics: MessagingMetrics | undefined;
  telemetry.useMeter((meter: Meter) => {
    metrics = messagingMetrics(meter);
    return () => (metrics = undefined);
  });

  function inject(where: Context, destination: string | undefined, count: number): Carrier | undefined {
    if (propagateTo && (destination === undefined || !propagateTo(destination))) return undefined;
    const written: Record<string, string> = {};
    propagation.inject(where, written, defaultTextMapSetter);
    if (Object.keys(written).length === 0) return undefined;
    if (count > FAN_OUT) written[BATCH] = String(count);
    return written;
  }

  function send(sending: Sending): Send | undefined {
    const where = context.active();
    if (telemetry.standsAside || isSuppressed(where)) return undefined;
    return new ProducerSend(where, sending);
  }

  /** One call that sends: a PRODUCER span, and the trace that travels with its messages. */
  class ProducerSend implements Send {
    readonly #sending: Sending;
    readonly #span: Span;
    readonly #context: Context;
    readonly #attributes: Attributes;
    readonly #start = performance.now();
    readonly carrier: Carrier | undefined;
    #ended = false;

    constructor(where: Context, sending: Sending) {
      this.#sending = sending;
      this.#attributes = attributesOf(sending.system, sending.destination, sending.operation, 'send');
      const attributes = { ...this.#attributes };
      if (sending.count > 1) attributes[MESSAGING_BATCH_MESSAGE_COUNT] = sending.count;
      if (sending.routingKey !== undefined) attributes[MESSAGING_ROUTING_KEY] = sending.routingKey;
      this.#span = telemetry.tracer.startSpan(
        sending.destination === undefined ? 'send' : `send ${sending.destination}`,
        { kind: SpanKind.PRODUCER, attributes },
        where,
      );
      this.#context = trace.setSpan(where, this.#span);
      this.carrier = guard('writing the trace of a message', () =>
        inject(this.#context, sending.destination, sending.count),
      );
    }

    run<A extends unknown[], R>(fn: (...args: A) => R, self: unknown, args: A): R {
      return runIn(this.#context, fn, self, args);
    }

    sent(count = this.#sending.count, id?: string): void {
      if (this.#ended) return;
      if (id !== undefined && this.#sending.count === 1) this.#span.setAttribute(MESSAGING_MESSAGE_ID, id);
      this.#end(count, undefined);
    }

    failed(error: unknown): void {
      if (this.#ended) return;
      const type = errorTypeOf(error);
      this.#span.setAttribute('error.type', type);
      this.#span.setStatus({ code: SpanStatusCode.ERROR, message: errorMessageOf(error) });
      this.#end(this.#sending.count, type);
    }

    #end(count: number, errorType: string | undefined): void {
      this.#ended = true;
      this.#span.end();
      const attributes = errorType === undefined ? this.#attributes : { ...this.#attributes, 'error.type': errorType };
      metrics?.sent(count, (performance.now() - this.#start) / 1000, attributes);
    }
  }

  function carrier(destination: string, count = 1): Carrier | undefined {
    const where = context.active();
    return telemetry.standsAside || isSuppressed(where) ? undefined : inject(where, destination, count);
  }

  function process(delivery: Delivery): Processing | undefined {
    return telemetry.standsAside ? undefined : new Consumption(delivery, performance.now(), undefined);
  }

  /**
   * The handling of a delivery, from its start to its settling. One prompt message continues the trace
   * of its sender; anything else is a trace of its own with a link to every sender.
   */
  class Consumption implements Processing {
    readonly #span: Span;
    readonly #context: Context;
    readonly #attributes: Attributes;
    readonly #start: number;
    #acknowledged = false;
    #ended = false;

    /** @param from another span to be found from here: the one that fetched */
    constructor(delivery: Delivery, start: number, from: Link | undefined) {
      const { messages, destination } = delivery;
      this.#start = start;
      this.#attributes = attributesOf(delivery.system, destination, 'process', 'process', delivery.group);
      const attributes = { ...this.#attributes, ...factsOfAll(messages) };
      const [first] = messages;
      const only = messages.length === 1 ? first : undefined;
      const links = from ? [from] : [];
      let parent = only ? extract(only.carrier) : ROOT_CONTEXT;
      if (!only || !isPrompt(only)) {
        links.push(...linksTo(messages));
        // The sender's baggage and x-trace-id go on; only its span is no parent here.
        parent = trace.deleteSpan(parent);
      }
      const options: SpanOptions = { kind: SpanKind.CONSUMER, attributes, links };
      if (start < performance.now() - 1) options.startTime = performance.timeOrigin + start;
      this.#span = telemetry.tracer.startSpan(`process ${destination}`, options, parent);
      this.#context = trace.setSpan(parent, this.#span);
      metrics?.consumed(messages.length, this.#attributes);
      for (const { waitMs } of messages) {
        if (waitMs !== undefined) metrics?.waited(waitMs / 1000, this.#attributes);
      }
    }

    run<A extends unknown[], R>(fn: (...args: A) => R, self: unknown, args: A): R {
      return runIn(this.#context, fn, self, args);
    }

    acknowledged(): void {
      this.#acknowledged = true;
    }

    succeeded(): void {
      if (!this.#ended) this.#end(undefined);
    }

    failed({ error, type = errorTypeOf(error), deadLettered }: Failure): void {
      if (this.#ended) return;
      this.#span.setAttribute('error.type', type);
      // The silent loss: the broker has forgotten a message that was never handled.
      if (this.#acknowledged) this.#span.setAttribute(QUEUE_ACKED_EARLY, true);
      if (deadLettered) this.#span.setAttribute(QUEUE_DEAD_LETTERED, true);
      this.#span.setStatus({ code: SpanStatusCode.ERROR, message: errorMessageOf(error) });
      this.#end(type);
    }

    #end(errorType: string | undefined): void {
      this.#ended = true;
      this.#span.end();
      const attributes = errorType === undefined ? this.#attributes : { ...this.#attributes, 'error.type': errorType };
      metrics?.processed((performance.now() - this.#start) / 1000, attributes);
    }
  }

  function received(delivery: Delivery, since: number): readonly Taken[] | undefined {
    const where = context.active();
    const { messages, destination } = delivery;
    if (telemetry.standsAside || messages.length === 0 || isSuppressed(where)) return undefined;
    const attributes = attributesOf(delivery.system, destination, 'receive', 'receive', delivery.group);
    const span = telemetry.tracer.startSpan(
      `receive ${destination}`,
      {
        kind: SpanKind.CLIENT,
        attributes: { ...attributes, ...factsOfAll(messages) },
        links: linksTo(messages),
        startTime: performance.timeOrigin + since,
      },
      where,
    );
    span.end();
    const now = performance.now();
    metrics?.received((now - since) / 1000, attributes);
    const from: Link = { context: span.spanContext() };
    return messages.map((message) => new ByHand({ ...delivery, messages: [message] }, now, from));
  }

  /** A message fetched by hand. Its span is made when it is settled, from then back: many never are in this process. */
  class ByHand implements Taken {
    readonly #delivery: Delivery;
    readonly #since: number;
    readonly #from: Link;

    constructor(delivery: Delivery, since: number, from: Link) {
      this.#delivery = delivery;
      this.#since = since;
      this.#from = from;
    }

    settled(failure?: Failure): void {
      const processing = new Consumption(this.#delivery, this.#since, this.#from);
      if (failure) processing.failed(failure);
      else processing.succeeded();
    }
  }

  return {
    send,
    carrier,
    process,
    received,
    background: (fn, self, args) => runIn(BACKGROUND, fn, self, args),
    foreground(fn, self, args) {
      return context.active().getValue(BACKGROUND_KEY) === true
        ? runIn(ROOT_CONTEXT, fn, self, args)
        : Reflect.apply(fn, self, args);
    },
    resume: (carrier, fn, self, args) =>
      runIn(telemetry.standsAside ? context.active() : extract(carrier), fn, self, args),
    bind: (callback) => bindTo(context.active(), callback),
  };
}

function attributesOf(
  system: string,
  destination: string | undefined,
  operation: string,
  type: 'send' | 'receive' | 'process',
  group?: string,
): Attributes {
  const attributes: Attributes = {
    [MESSAGING_SYSTEM]: system,
    [MESSAGING_OPERATION_NAME]: operation,
    [MESSAGING_OPERATION_TYPE]: type,
  };
  if (destination !== undefined) attributes[MESSAGING_DESTINATION_NAME] = destination;
  if (group !== undefined) attributes[MESSAGING_CONSUMER_GROUP_NAME] = group;
  return attributes;
}

/** What is known of one message: on its span, or on its link when it is one of a batch. */
function factsOf({ id, partition, offset, waitMs, attempt, maxAttempts }: Message): Attributes {
  const facts: Attributes = {};
  if (id !== undefined) facts[MESSAGING_MESSAGE_ID] = id;
  if (partition !== undefined) facts[MESSAGING_PARTITION_ID] = String(partition);
  if (offset !== undefined) facts[MESSAGING_OFFSET] = Number(offset);
  if (waitMs !== undefined) facts[QUEUE_WAIT_MS] = Math.round(waitMs * 1000) / 1000;
  if (attempt !== undefined) facts[QUEUE_ATTEMPT] = attempt;
  if (maxAttempts !== undefined) facts[QUEUE_MAX_ATTEMPTS] = maxAttempts;
  return facts;
}

/** Of a batch: how many, the longest wait, and the highest attempt with its limit. */
function factsOfAll(messages: readonly Message[]): Attributes {
  if (messages.length === 1) return factsOf(messages[0]!);
  const longest = messages.reduce((most, { waitMs }) => Math.max(most, waitMs ?? -1), -1);
  const last = messages.reduce((most, message) => ((message.attempt ?? 0) > (most.attempt ?? 0) ? message : most));
  return {
    [MESSAGING_BATCH_MESSAGE_COUNT]: messages.length,
    ...factsOf({
      partition: messages[0]?.partition,
      offset: messages[0]?.offset,
      attempt: last.attempt,
      maxAttempts: last.maxAttempts,
      waitMs: longest < 0 ? undefined : longest,
    }),
  };
}

function linksTo(messages: readonly Message[]): Link[] {
  const links: Link[] = [];
  for (const message of messages) {
    if (links.length >= MAX_LINKS) break;
    const sender = trace.getSpanContext(extract(message.carrier));
    if (sender && isSpanContextValid(sender))
      links.push({ context: sender, attributes: messages.length === 1 ? {} : factsOf(message) });
  }
  return links;
}
