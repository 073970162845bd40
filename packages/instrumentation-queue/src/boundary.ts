import {
  context,
  createContextKey,
  ROOT_CONTEXT,
  SpanKind,
  trace,
  type Attributes,
  type Context,
  type Link,
  type Meter,
} from '@opentelemetry/api';
import {
  Caller,
  guard,
  isSuppressed,
  messageContext,
  runIn,
  suppressed,
  withSpan,
  type InstrumentationConfig,
  type Telemetry,
} from '@foreshock/kit';
import { extract, inject } from './carriers.ts';
import { Consumption } from './consumption.ts';
import type { Carrier, Delivery, Failure, QueueEvents, Send, Sending, Taken } from './events.ts';
import { attributesOfAll, linksTo } from './message-attributes.ts';
import { messagingMetrics, type MessagingMetrics } from './messaging-metrics.ts';
import { Operations } from './operations.ts';
import { ProducerSend } from './producer-send.ts';
import { continued, newLife, TraceLives, withLife } from './trace-life.ts';

const BACKGROUND_KEY = createContextKey('foreshock.queue.background');
const BACKGROUND = suppressed(ROOT_CONTEXT).setValue(BACKGROUND_KEY, true);

/** Options of the queue instrumentation. */
export interface QueueInstrumentationConfig extends InstrumentationConfig {
  /** Queues, topics or exchanges that receive the trace: not where consumers reject extra metadata. Default all. */
  propagateTo?: (destination: string) => boolean;
  /** Libraries (npm names) whose polling, maintenance and calls outside traces get spans. Default none. */
  ownCommands?: (library: string) => boolean;
}

export function openQueue(
  telemetry: Telemetry,
  { propagateTo, ownCommands }: QueueInstrumentationConfig = {},
): QueueEvents {
  const background = ownCommands?.(telemetry.library) ? ROOT_CONTEXT : BACKGROUND;
  const operations = new Operations();
  const lives = new TraceLives();
  let metrics: MessagingMetrics | undefined;
  telemetry.useMeter((meter: Meter) => {
    metrics = messagingMetrics(meter);
    return () => (metrics = undefined);
  });

  /** @param where the send's span's context, if any */
  function carrierTo(
    destination: string | undefined,
    caller: Context,
    count: number,
    where = caller,
  ): Carrier | undefined {
    if (propagateTo && (destination === undefined || !propagateTo(destination))) return undefined;
    return inject(where, lives.next(caller, count));
  }

  function send(sending: Sending): Send | undefined {
    const where = context.active();
    if (telemetry.upstreamIsActive || isSuppressed(where)) return undefined;
    const { system, destination, count } = sending;
    const operation = operations.of(system, 'send', sending.operation, destination);
    const sent = new ProducerSend(telemetry, metrics, operation, where, sending);
    sent.carrier = guard('writing the trace of a message', () => carrierTo(destination, where, count, sent.context));
    return sent;
  }

  function received(delivery: Delivery, since: number): readonly Taken[] | undefined {
    const where = context.active();
    const { system, messages, destination, group } = delivery;
    if (telemetry.upstreamIsActive || messages.length === 0 || isSuppressed(where)) return undefined;
    const { spanName, attributes: common } = operations.of(system, 'receive', 'receive', destination, group);
    const attributes: Attributes = { ...common.values, ...attributesOfAll(messages) };
    const options = { kind: SpanKind.CLIENT, attributes, links: linksTo(messages), startTime: since };
    const span = telemetry.tracer.startSpan(spanName, options, where);
    span.end();
    const now = performance.now();
    metrics?.received((now - since) / 1000, common.values, withSpan(where, span));
    const link: Link = { context: span.spanContext() };
    return messages.map((message) => ({
      // Created on settlement, because many are never settled here.
      settled(failure?: Failure) {
        const processing = begin({ ...delivery, messages: [message] }, { since: now, link });
        if (failure) processing.failed(failure);
        else processing.succeeded();
      },
    }));
  }

  function begin(delivery: Delivery, fetched?: { since: number; link: Link }): Consumption {
    const { system, destination, group } = delivery;
    const operation = operations.of(system, 'process', 'process', destination, group);
    return new Consumption(telemetry, metrics, operation, delivery, fetched);
  }

  return {
    get isLeftToUpstream() {
      return telemetry.upstreamIsActive;
    },
    send,
    carrier(destination, count = 1) {
      const where = context.active();
      return telemetry.upstreamIsActive || isSuppressed(where) ? undefined : carrierTo(destination, where, count);
    },
    process: (delivery) => (telemetry.upstreamIsActive ? undefined : begin(delivery)),
    received,
    background: (fn, self, args) => runIn(background, fn, self, args),
    housekeeping(fn, self, args) {
      const where = context.active();
      const isPart = telemetry.upstreamIsActive || trace.getSpan(where) !== undefined || isSuppressed(where);
      return isPart ? Reflect.apply(fn, self, args) : runIn(background, fn, self, args);
    },
    event(destination) {
      const where = context.active();
      const from = where.getValue(BACKGROUND_KEY) === true ? ROOT_CONTEXT : where;
      const message = messageContext(telemetry.tracer, () => ({ system: telemetry.library, destination }), from);
      return new Caller(message ?? from);
    },
    foreground(fn, self, args) {
      return context.active().getValue(BACKGROUND_KEY) === true
        ? runIn(ROOT_CONTEXT, fn, self, args)
        : Reflect.apply(fn, self, args);
    },
    quietly: (fn, self, args) =>
      telemetry.upstreamIsActive ? Reflect.apply(fn, self, args) : runIn(suppressed(context.active()), fn, self, args),
    continuing(carrier) {
      if (telemetry.upstreamIsActive) return undefined;
      return new Caller(withLife(extract(carrier), continued({ carrier }) ?? newLife()));
    },
  };
}
