import type { Attributes, Context, Meter } from '@opentelemetry/api';
import {
  MESSAGING_CONSUMED_MESSAGES,
  MESSAGING_OPERATION_DURATION,
  MESSAGING_PROCESS_DURATION,
  MESSAGING_SENT_MESSAGES,
  QUEUE_WAIT_TIME,
} from '@foreshock/kit/names';

/** Durations in seconds, `where` with the span that took so long. */
export interface MessagingMetrics {
  sent(count: number, seconds: number, attributes: Attributes, where: Context): void;
  received(seconds: number, attributes: Attributes, where: Context): void;
  consumed(count: number, attributes: Attributes): void;
  waited(seconds: number, attributes: Attributes, where: Context): void;
  processed(seconds: number, attributes: Attributes, where: Context): void;
}

/** The conventions', extended for jobs. */
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60, 300, 900];

export function messagingMetrics(meter: Meter): MessagingMetrics {
  const counter = (name: string, description: string) => meter.createCounter(name, { description, unit: '{message}' });
  const histogram = (name: string, description: string) =>
    meter.createHistogram(name, { description, unit: 's', advice: { explicitBucketBoundaries: SECONDS } });
  const sent = counter(MESSAGING_SENT_MESSAGES, 'Number of messages producer attempted to send to the broker');
  const consumed = counter(MESSAGING_CONSUMED_MESSAGES, 'Number of messages that were delivered to the application');
  const operation = histogram(
    MESSAGING_OPERATION_DURATION,
    'Duration of messaging operation initiated by a producer or consumer client',
  );
  const process = histogram(MESSAGING_PROCESS_DURATION, 'Duration of processing operation');
  const wait = histogram(QUEUE_WAIT_TIME, 'The time a message was due before its processing started');
  return {
    sent(count, seconds, attributes, where) {
      if (count > 0) sent.add(count, attributes);
      operation.record(seconds, attributes, where);
    },
    received: (seconds, attributes, where) => operation.record(seconds, attributes, where),
    consumed: (count, attributes) => consumed.add(count, attributes),
    waited: (seconds, attributes, where) => wait.record(seconds, attributes, where),
    processed: (seconds, attributes, where) => process.record(seconds, attributes, where),
  };
}
