import type { Delivery, Failure, Message, Processing, QueueEvents, Taken } from '../../events.ts';
import { lastPart } from './command.ts';
import { messageOf, type QueueTraits, type SqsMessage } from './message.ts';

/** Many are never answered here. */
const MAX_KEPT = 1_000;
const MAX_QUEUES = 1_000;

interface Received {
  readonly url: string;
  readonly message: Message;
}

interface InHand {
  readonly message: Message;
  readonly processing?: Processing;
  readonly taken?: Taken;
  /** Of a batch: not deleted yet. */
  readonly left?: Set<string>;
}

/** Due again, by this process's last word about it. */
interface Due {
  readonly attempt: number;
  /** `performance.now()` */
  readonly at: number;
}

/** Messages received, by what they are answered with: receipt handles. */
export class MessagesInHand {
  readonly #queue: QueueEvents;
  /** Their own attributes may be hidden. */
  readonly #received = new WeakMap<SqsMessage, Received>();
  readonly #inHand = new Map<string, InHand>();
  /** By receipt handle, each with its message's id. */
  readonly #ids = new Map<string, { id: string; attempt: number }>();
  /** By message id. */
  readonly #due = new Map<string, Due>();
  readonly #traits = new Map<string, QueueTraits>();

  constructor(queue: QueueEvents) {
    this.#queue = queue;
  }

  told(url: unknown, attributes: Readonly<Record<string, string>> | undefined): void {
    if (typeof url !== 'string' || !attributes) return;
    const { DelaySeconds, RedrivePolicy } = attributes;
    const before = this.#traits.get(url);
    keep(this.#traits, MAX_QUEUES, url, {
      delayMs: DelaySeconds === undefined ? before?.delayMs : Number(DelaySeconds) * 1000 || undefined,
      maxReceives: RedrivePolicy === undefined ? before?.maxReceives : maxReceivesIn(RedrivePolicy),
    });
  }

  /** @param hiddenMs the visibility time-out, if known */
  received(url: string, messages: readonly SqsMessage[], since: number, hiddenMs: number | undefined): void {
    const all = messages.map((message) => this.#read(url, message));
    const delivery = this.#deliveryOf(url, all);
    const taken = this.#queue.received(delivery, since);
    messages.forEach(({ ReceiptHandle, MessageId }, i) => {
      if (ReceiptHandle === undefined || MessageId === undefined) return;
      const { attempt } = all[i]!;
      if (attempt !== undefined) keep(this.#ids, MAX_KEPT, ReceiptHandle, { id: MessageId, attempt });
      if (hiddenMs !== undefined) this.hidden(ReceiptHandle, hiddenMs);
      if (taken) keep(this.#inHand, MAX_KEPT, ReceiptHandle, { message: all[i]!, taken: taken[i]! });
    });
  }

  #read(url: string, given: SqsMessage): Message {
    const waitMs = this.#waitOf(given);
    const message = messageOf(given, this.#traits.get(url), waitMs);
    this.#received.set(given, { url, message });
    return message;
  }

  /** Received once since by nobody else. */
  #waitOf({ MessageId, Attributes }: SqsMessage): number | undefined {
    const due = MessageId === undefined ? undefined : this.#due.get(MessageId);
    if (!due || Number(Attributes?.['ApproximateReceiveCount']) !== due.attempt + 1) return undefined;
    return Math.max(0, performance.now() - due.at);
  }

  #deliveryOf(url: string, messages: readonly Message[]): Delivery {
    return { system: 'aws_sqs', destination: lastPart(url, '/'), messages };
  }

  /** By a handler. */
  begin(url: string, messages: readonly SqsMessage[]): Processing | undefined {
    const all = messages.map((each) => this.#received.get(each)?.message ?? this.#read(url, each));
    const processing = this.#queue.process(this.#deliveryOf(url, all));
    if (!processing) return undefined;
    const left = new Set<string>();
    messages.forEach(({ ReceiptHandle }, i) => {
      if (ReceiptHandle === undefined) return;
      left.add(ReceiptHandle);
      keep(this.#inHand, MAX_KEPT, ReceiptHandle, { message: all[i]!, processing, left });
    });
    return processing;
  }

  /** Of a failure; another one follows up to the queue's limit. */
  isLast(messages: readonly SqsMessage[]): boolean {
    return messages.some((each) => {
      const { attempt, maxAttempts } = this.#received.get(each)?.message ?? {};
      return attempt !== undefined && maxAttempts !== undefined && attempt >= maxAttempts;
    });
  }

  deleted(handle: string): void {
    const id = this.#ids.get(handle)?.id;
    this.#ids.delete(handle);
    if (id !== undefined) this.#due.delete(id);
    const inHand = this.#inHand.get(handle);
    this.#inHand.delete(handle);
    if (!inHand) return;
    const { taken, processing, left } = inHand;
    taken?.settled();
    left?.delete(handle);
    if (left?.size === 0) processing?.settled('ack');
  }

  /** For so long; 0: given back. */
  hidden(handle: string, ms: number): void {
    const known = this.#ids.get(handle);
    if (known) keep(this.#due, MAX_KEPT, known.id, { attempt: known.attempt, at: performance.now() + ms });
    if (ms > 0) return;
    const inHand = this.#inHand.get(handle);
    this.#inHand.delete(handle);
    inHand?.processing?.settled('requeue');
    inHand?.taken?.settled(REQUEUED);
  }
}

const REQUEUED: Failure = { error: new Error('given back by its receiver'), type: 'requeued' };

function maxReceivesIn(policy: string): number | undefined {
  try {
    const max = Number((JSON.parse(policy) as { maxReceiveCount?: unknown }).maxReceiveCount);
    return max > 0 ? max : undefined;
  } catch {
    return undefined;
  }
}

/** Oldest go first. */
function keep<K, V>(map: Map<K, V>, limit: number, key: K, value: V): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > limit) map.delete(map.keys().next().value!);
}
