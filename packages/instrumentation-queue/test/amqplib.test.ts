import { setImmediate as turn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { context, propagation, trace } from '@opentelemetry/api';
import { withXTraceId, xTraceIdOf } from '@foreshock/kit';
import {
  installed,
  shows,
  startRabbitMq,
  testedVersions,
  type Installed,
  type RabbitMq,
  type ReceivedSpan,
} from '@foreshock/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startRecorder } from './recorder.ts';
import { unhandledRejections } from './unhandled.ts';

const recorder = startRecorder();
const { inSpan, ended } = recorder;
afterAll(() => recorder.stop());
afterEach(() => recorder.clear());

/** By the names they have in this package's devDependencies. */
const VERSIONS = ['amqplib-0-10', 'amqplib-1', 'amqplib'];

let names = 0;
const uniqueName = (): string => `queue-${process.pid}-${++names}`;

function published(destination: string): object {
  return {
    'messaging.system': 'rabbitmq',
    'messaging.operation.name': 'publish',
    'messaging.operation.type': 'send',
    'messaging.destination.name': destination,
  };
}

function processed(queue: string, more: object = {}): object {
  return {
    'messaging.system': 'rabbitmq',
    'messaging.operation.name': 'process',
    'messaging.operation.type': 'process',
    'messaging.destination.name': queue,
    'queue.attempt': 1,
    'queue.wait_ms': expect.any(Number),
    ...settled('ack'),
    ...more,
  };
}

/** The handler settled the message itself. */
function settled(how: string): object {
  return { 'queue.settled': how, 'queue.settled_after_ms': expect.any(Number) };
}

/** Attributes of an unacknowledged message. */
function unsettled(attributes: object): object {
  const { 'queue.settled': _, 'queue.settled_after_ms': __, ...rest } = attributes as Record<string, unknown>;
  return rest;
}

const linkTo = ({ traceId, spanId }: ReceivedSpan) => ({ traceId, spanId, attributes: {} });

describe.each(testedVersions(VERSIONS))('%s', (alias) => {
  let app: Installed;
  let server: RabbitMq;
  let connection: any;
  let channel: any;

  beforeAll(async () => {
    app = installed({ amqplib: alias });
    server = await startRabbitMq();
    connection = await app.require('amqplib').connect(server.url);
    channel = await openChannel();
    return async () => {
      await connection.close();
      app.remove();
      await server.stop();
    };
  });

  async function openChannel(prefetch = 1): Promise<any> {
    const opened = await connection.createChannel();
    opened.on('error', () => {});
    await opened.prefetch(prefetch);
    return opened;
  }

  async function createQueue(options: object = {}): Promise<string> {
    const { queue } = await channel.assertQueue(uniqueName(), { autoDelete: true, durable: false, ...options });
    recorder.clear();
    return queue;
  }

  /** What `fn` does while the instrumentation is disabled. */
  async function untraced<T>(fn: () => T | Promise<T>): Promise<T> {
    recorder.instrumentation.disable();
    try {
      return await fn();
    } finally {
      recorder.instrumentation.enable();
    }
  }

  it('sends with the trace in the headers, and the caller keeps its own objects', async () => {
    const queue = await createQueue();
    const headers = Object.freeze({ mine: 'yes' });
    const options = Object.freeze({ headers, messageId: 'm1', persistent: true });
    const caller = await inSpan('caller', (span) => {
      expect(channel.sendToQueue(queue, Buffer.from('{"a":1}'), options)).toBe(true);
      return span.spanContext();
    });
    const [send] = await ended(`send ${queue}`);
    expect(send).toMatchObject({
      kind: 'PRODUCER',
      traceId: caller.traceId,
      parentSpanId: caller.spanId,
      links: [],
      events: [],
      status: { code: 'UNSET' },
    });
    expect(send!.attributes).toEqual(published(queue));
    const message = await untraced(() => channel.get(queue, { noAck: true }));
    expect(message.content.toString()).toBe('{"a":1}');
    expect(message.properties).toMatchObject({ messageId: 'm1', deliveryMode: 2 });
    expect({ ...message.properties.headers }).toEqual({
      mine: 'yes',
      traceparent: `00-${caller.traceId}-${send!.spanId}-03`,
      'x-trace-id': caller.traceId,
      'foreshock-trace': expect.stringMatching(/^1;\d{13}$/),
      'foreshock-sent': expect.stringMatching(/^\d{13}$/),
    });
  });

  it('is a child of the sender until the handler settles, however early it acknowledges', async () => {
    shows('amqplib', ['wait'], app.versions['amqplib']);
    const queue = await createQueue();
    const sender = context.with(withXTraceId(context.active(), 'order-77'), () =>
      inSpan('caller', (span) => {
        channel.sendToQueue(queue, Buffer.from('hello'), { messageId: 'm1' });
        return span.spanContext();
      }),
    );
    const { promise: acknowledged, resolve } = Promise.withResolvers<void>();
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    let inside: object | undefined;
    const consumer = await openChannel();
    await consumer.consume(queue, async (message: any) => {
      inside = { span: trace.getActiveSpan()?.spanContext().traceId, id: xTraceIdOf(context.active()) };
      consumer.ack(message);
      resolve();
      await gate;
    });
    await acknowledged;
    // The acknowledgement is with the broker.
    await consumer.checkQueue(queue);
    expect(recorder.spans().filter(({ kind }) => kind === 'CONSUMER')).toEqual([]);
    open();
    const [process] = await ended(`process ${queue}`);
    const [send] = await ended(`send ${queue}`);
    expect(process).toMatchObject({
      kind: 'CONSUMER',
      traceId: sender.traceId,
      parentSpanId: send!.spanId,
      links: [],
      events: [],
      status: { code: 'UNSET' },
    });
    expect(process!.attributes).toEqual(processed(queue, { 'messaging.message.id': 'm1' }));
    expect(inside).toEqual({ span: sender.traceId, id: 'order-77' });
    await consumer.close();
  });

  it('says of a message that was acknowledged before its handler failed that it is lost, and hides nothing', async () => {
    const queue = await createQueue();
    channel.sendToQueue(queue, Buffer.from('hello'));
    const error = new RangeError('too late');
    const consumer = await openChannel();
    const unhandled = await unhandledRejections(async () => {
      await consumer.consume(queue, async (message: any) => {
        consumer.ack(message);
        await consumer.checkQueue(queue);
        throw error;
      });
      await ended(`process ${queue}`);
    });
    expect(unhandled).toEqual([error]);
    const [process] = await ended(`process ${queue}`);
    expect(process!.status).toEqual({ code: 'ERROR', message: 'too late' });
    expect(process!.attributes).toEqual(processed(queue, { 'error.type': 'RangeError', 'queue.acked_early': true }));
    await consumer.close();
  });

  it('knows a queue without acknowledgements for one that loses what fails', async () => {
    const queue = await createQueue();
    channel.sendToQueue(queue, Buffer.from('hello'));
    const consumer = await openChannel();
    const unhandled = await unhandledRejections(async () => {
      // Bound, as the method of a class often is.
      const handler = async (): Promise<never> => {
        throw new TypeError('lost');
      };
      await consumer.consume(queue, handler.bind(undefined), { noAck: true });
      await ended(`process ${queue}`);
    });
    expect(unhandled).toHaveLength(1);
    const [process] = await ended(`process ${queue}`);
    expect(process!.attributes).toEqual(
      processed(queue, { ...settled('auto'), 'error.type': 'TypeError', 'queue.acked_early': true }),
    );
    await consumer.close();
  });

  it('leaves a handled rejection handled', async () => {
    const queue = await createQueue();
    for (const text of ['caught', 'kept']) channel.sendToQueue(queue, Buffer.from(text));
    const consumer = await openChannel();
    const kept = Promise.withResolvers<unknown>();
    const unhandled = await unhandledRejections(async () => {
      await consumer.consume(queue, (message: any) => {
        if (String(message.content) === 'caught') {
          return Promise.reject(new Error('handled')).catch(() => consumer.nack(message, false, false));
        }
        // The application has a handler on the very promise that it returns.
        const work = Promise.resolve().then(() => {
          consumer.ack(message);
          throw new Error('kept');
        });
        work.catch(kept.resolve);
        return work;
      });
      expect(await kept.promise).toMatchObject({ message: 'kept' });
      await ended(`process ${queue}`, 2);
    });
    expect(unhandled).toEqual([]);
    const processes = await ended(`process ${queue}`, 2);
    expect(processes.map(({ status }) => status)).toEqual([
      { code: 'ERROR', message: 'rejected by its handler' },
      { code: 'ERROR', message: 'kept' },
    ]);
    await consumer.close();
  });

  it('leaves an unhandled promise to be reported as the one it is', async () => {
    const queue = await createQueue();
    channel.sendToQueue(queue, Buffer.from('hello'));
    const consumer = await openChannel();
    const error = new Error('nobody');
    let returned: Promise<unknown> | undefined;
    const reported: Promise<unknown>[] = [];
    const note = (_reason: unknown, promise: Promise<unknown>): void => void reported.push(promise);
    const unhandled = await unhandledRejections(async () => {
      process.on('unhandledRejection', note);
      await consumer.consume(queue, (message: any) => {
        consumer.ack(message);
        return (returned = Promise.reject(error));
      });
      await ended(`process ${queue}`);
    });
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([error]);
    expect(reported).toEqual([returned]);
    expect(reported[0]).toBe(returned);
    await consumer.close();
  });

  it.each<[string, (handler: (message: any) => Promise<void>) => (message: any) => unknown]>([
    ['an arrow function', (handler) => (message) => handler(message)],
    [
      'a bound method',
      (handler) => {
        const service = { handler, on: (message: any): unknown => service.handler(message) };
        return service.on.bind(service);
      },
    ],
    [
      'what TypeScript makes of an async function for ES2016',
      (handler) => (message) =>
        new Promise((resolve, reject) => {
          handler(message).then(resolve, reject);
        }),
    ],
  ])('follows %s to the end of its promise', async (_, wrap) => {
    const queue = await createQueue();
    for (const text of ['acks', 'acks, then fails', 'fails', 'rejects']) channel.sendToQueue(queue, Buffer.from(text));
    const consumer = await openChannel();
    const pauses: number[] = [];
    const unhandled = await unhandledRejections(async () => {
      await consumer.consume(
        queue,
        wrap(async (message) => {
          const text = String(message.content);
          await turn();
          if (text.startsWith('acks')) consumer.ack(message);
          if (text === 'rejects') consumer.nack(message, false, false);
          const before = Date.now();
          await new Promise((resolve) => setTimeout(resolve, 60));
          pauses.push(Date.now() - before);
          if (text.includes('fails')) {
            // The next one is delivered only after an answer.
            if (text === 'fails') setTimeout(() => consumer.ack(message), 200);
            throw Object.assign(new RangeError('lost'), { code: 'E_LOST' });
          }
        }),
      );
      await ended(`process ${queue}`, 4);
    });
    expect(unhandled).toMatchObject([{ message: 'lost' }, { message: 'lost' }]);
    const processes = await ended(`process ${queue}`, 4);
    expect(processes.map(({ status, attributes }) => [status, attributes['queue.acked_early']])).toEqual([
      [{ code: 'UNSET' }, undefined],
      [{ code: 'ERROR', message: 'lost' }, true],
      [{ code: 'ERROR', message: 'lost' }, undefined],
      [{ code: 'ERROR', message: 'rejected by its handler' }, undefined],
    ]);
    expect(processes[1]!.attributes['error.type']).toBe('E_LOST');
    for (const [index, { durationMs }] of processes.entries()) expect(durationMs).toBeGreaterThan(pauses[index]! - 10);
    await consumer.close();
  });

  it('follows a handler of messages that need no answer to the end of its promise', async () => {
    const queue = await createQueue();
    const consumer = await openChannel();
    const begun = Promise.withResolvers<void>();
    const handled = Promise.withResolvers<void>();
    const handle = (): Promise<void> => {
      begun.resolve();
      return handled.promise;
    };
    await consumer.consume(queue, handle, { noAck: true });
    channel.sendToQueue(queue, Buffer.from('hello'));
    await begun.promise;
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(recorder.spans().filter(({ kind }) => kind === 'CONSUMER')).toEqual([]);
    handled.resolve();
    expect((await ended(`process ${queue}`))[0]!.durationMs).toBeGreaterThan(50);
    await consumer.close();
  });

  it('ends a handler that still runs when the broker takes its message back', async () => {
    const queue = await createQueue();
    channel.sendToQueue(queue, Buffer.from('hello'));
    const consumer = await openChannel();
    const { promise: called, resolve } = Promise.withResolvers<void>();
    await consumer.consume(queue, async () => {
      resolve();
      await new Promise(() => {});
    });
    await called;
    await consumer.close();
    const [process] = await ended(`process ${queue}`);
    expect(process!.attributes).toEqual(unsettled(processed(queue, { 'error.type': 'channel_closed' })));
    expect(process!.status.code).toBe('ERROR');
  });

  it('numbers what the broker delivers again because it was asked to', async () => {
    const queue = await createQueue();
    channel.sendToQueue(queue, Buffer.from('hello'));
    const consumer = await openChannel(10);
    let deliveries = 0;
    const seen = Array.from({ length: 3 }, () => Promise.withResolvers<void>());
    await consumer.consume(queue, (message: any) => {
      seen[deliveries++]!.resolve();
      if (deliveries === 3) consumer.ack(message);
    });
    for (const { promise } of seen.slice(0, 2)) {
      await promise;
      await consumer.recover();
    }
    const processes = await ended(`process ${queue}`, 3);
    expect(processes.map(({ attributes }) => [attributes['queue.attempt'], attributes['error.type']])).toEqual([
      [1, 'requeued'],
      [2, 'requeued'],
      [3, undefined],
    ]);
    await consumer.close();
  });

  it('keeps thousands of messages until they are answered', async () => {
    const queue = await createQueue();
    const consumer = await openChannel(0);
    const { promise: all, resolve } = Promise.withResolvers<void>();
    let held = 0;
    await consumer.consume(queue, () => {
      if (++held === 1_500) resolve();
    });
    for (let i = 0; i < 1_500; i++) channel.sendToQueue(queue, Buffer.from('1'));
    await all;
    expect(recorder.spans().filter(({ kind }) => kind === 'CONSUMER')).toEqual([]);
    consumer.nackAll(false);
    const processes = await ended(`process ${queue}`, 1_500);
    expect(new Set(processes.map(({ attributes }) => attributes['error.type']))).toEqual(new Set(['rejected']));
    await consumer.close();
  });

  it('replaces all of another trace among the headers that are forwarded', async () => {
    const [first, second] = [await createQueue(), await createQueue()];
    const consumer = await openChannel();
    const received = Promise.withResolvers<any>();
    await consumer.consume(second, (message: any) => {
      received.resolve(message.properties.headers);
      consumer.ack(message);
    });
    const old = { baggage: 'tenant=a', tracestate: 'v=1', b3: `${'a'.repeat(32)}-${'b'.repeat(16)}-1`, mine: 'yes' };
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    const headers = Object.freeze({ ...old, traceparent, 'x-b3-sampled': '1' });
    const caller = await inSpan('caller', (span) => {
      channel.sendToQueue(second, Buffer.from('1'), { headers });
      // What the application says without a trace is its own.
      channel.sendToQueue(first, Buffer.from('1'), { headers: { baggage: 'own=1' } });
      return span.spanContext();
    });
    expect(await received.promise).toEqual({
      mine: 'yes',
      traceparent: expect.stringContaining(caller.traceId),
      'x-trace-id': caller.traceId,
      'foreshock-trace': expect.any(String),
      'foreshock-sent': expect.any(String),
    });
    expect((await channel.get(first, { noAck: true })).properties.headers).toMatchObject({ baggage: 'own=1' });
    await consumer.close();
  });

  it('numbers the deliveries of a message that is sent back', async () => {
    shows('amqplib', ['attempt or hit'], app.versions['amqplib']);
    const queue = await createQueue();
    channel.sendToQueue(queue, Buffer.from('hello'), { messageId: 'again' });
    const consumer = await openChannel();
    let deliveries = 0;
    await consumer.consume(queue, async (message: any) => {
      if (++deliveries < 3) consumer.nack(message);
      else consumer.ack(message);
    });
    const processes = await ended(`process ${queue}`, 3);
    const [send] = await ended(`send ${queue}`);
    for (const process of processes) expect(process.parentSpanId).toBe(send!.spanId);
    const requeued = { ...settled('requeue'), 'messaging.message.id': 'again', 'error.type': 'requeued' };
    expect(processes.map(({ attributes }) => attributes)).toEqual([
      processed(queue, requeued),
      processed(queue, { ...requeued, 'queue.attempt': 2 }),
      processed(queue, { 'messaging.message.id': 'again', 'queue.attempt': 3 }),
    ]);
    expect(processes.map(({ status }) => status.code)).toEqual(['ERROR', 'ERROR', 'UNSET']);
    await consumer.close();
  });

  it('counts with the broker where the broker counts', async () => {
    const dead = await createQueue();
    const queue = await createQueue({
      durable: true,
      autoDelete: false,
      deadLetterExchange: '',
      deadLetterRoutingKey: dead,
      arguments: { 'x-queue-type': 'quorum', 'x-delivery-limit': 1 },
    });
    channel.sendToQueue(queue, Buffer.from('hello'));
    const consumer = await openChannel();
    await consumer.consume(queue, async (message: any) => consumer.nack(message));
    const lastly = await openChannel();
    await lastly.consume(dead, async (message: any) => lastly.ack(message));
    const [atLast] = await ended(`process ${dead}`);
    const processes = await ended(`process ${queue}`, 2);
    const [send] = await ended(`send ${queue}`);
    expect(processes.map(({ attributes }) => attributes)).toMatchObject([
      { 'queue.attempt': 1, 'queue.max_attempts': 2 },
      { 'queue.attempt': 2, 'queue.max_attempts': 2 },
    ]);
    expect(atLast!.parentSpanId).toBe(send!.spanId);
    expect(atLast!.attributes['queue.attempt']).toBe(1);
    await consumer.close();
    await lastly.close();
    await channel.deleteQueue(queue);
  });

  it('says when a message goes to a dead letter queue, where its trace goes on', async () => {
    const dead = await createQueue();
    const queue = await createQueue({ deadLetterExchange: '', deadLetterRoutingKey: dead });
    channel.sendToQueue(queue, Buffer.from('hello'));
    const consumer = await openChannel();
    await consumer.consume(queue, async (message: any) => consumer.reject(message, false));
    await consumer.consume(dead, async (message: any) => consumer.ack(message));
    const [process] = await ended(`process ${queue}`);
    const [atLast] = await ended(`process ${dead}`);
    const [send] = await ended(`send ${queue}`);
    expect(process!.attributes).toEqual(
      processed(queue, { ...settled('reject'), 'error.type': 'rejected', 'queue.dead_lettered': true }),
    );
    expect([process!.parentSpanId, atLast!.parentSpanId]).toEqual([send!.spanId, send!.spanId]);
    // How long it was due there, only the broker knows.
    const { 'queue.wait_ms': _, ...known } = processed(dead) as Record<string, unknown>;
    expect(atLast!.attributes).toEqual(known);
    await consumer.close();
  });

  it('follows a handler that returns nothing to its answer', async () => {
    const queue = await createQueue();
    for (let i = 0; i < 4; i++) channel.sendToQueue(queue, Buffer.from(String(i)));
    const consumer = await openChannel(4);
    const messages: any[] = [];
    const { promise: all, resolve } = Promise.withResolvers<void>();
    await consumer.consume(queue, (message: any) => {
      if (messages.push(message) === 4) resolve();
    });
    await all;
    expect(recorder.spans().filter(({ kind }) => kind === 'CONSUMER')).toEqual([]);
    consumer.ack(messages[1], true);
    expect(await ended(`process ${queue}`, 2)).toMatchObject([
      { status: { code: 'UNSET' } },
      { status: { code: 'UNSET' } },
    ]);
    consumer.nack(messages[2], false, false);
    await consumer.close();
    const processes = await ended(`process ${queue}`, 4);
    expect(processes.slice(2).map(({ attributes }) => attributes['error.type'])).toEqual([
      'rejected',
      'channel_closed',
    ]);
  });

  it('takes a message by hand, and says what became of it', async () => {
    const queue = await createQueue();
    const since = Date.now();
    for (const id of ['a', 'b']) channel.sendToQueue(queue, Buffer.from(id), { messageId: id });
    const ids: string[] = [];
    await inSpan('poller', async () => {
      for (let message = await channel.get(queue); message; message = await channel.get(queue)) {
        ids.push(message.content.toString());
        if (ids.length === 1) channel.ack(message);
        else channel.nack(message, false, false);
      }
    });
    expect(ids).toEqual(['a', 'b']);
    const [poller] = await ended('poller');
    const sends = await ended(`send ${queue}`, 2);
    const receives = await ended(`receive ${queue}`, 2);
    const processes = await ended(`process ${queue}`, 2);
    expect(recorder.spans()).toHaveLength(7);
    for (const [i, receive] of receives.entries()) {
      expect(receive).toMatchObject({ kind: 'CLIENT', parentSpanId: poller!.spanId, links: [linkTo(sends[i]!)] });
      expect(receive.startTime).toBeGreaterThan(since - 1);
      expect(processes[i]).toMatchObject({
        kind: 'CONSUMER',
        parentSpanId: sends[i]!.spanId,
        links: [linkTo(receive)],
      });
    }
    expect(processes.map(({ attributes }) => attributes)).toEqual([
      unsettled(processed(queue, { 'messaging.message.id': 'a' })),
      unsettled(processed(queue, { 'messaging.message.id': 'b', 'error.type': 'rejected' })),
    ]);
  });

  it('waits for the broker where it confirms', async () => {
    const queue = await createQueue({ maxLength: 1, arguments: { 'x-overflow': 'reject-publish' } });
    const confirmed = await connection.createConfirmChannel();
    confirmed.on('error', () => {});
    const outcomes: unknown[] = [];
    await inSpan('caller', async (span) => {
      const publish = (): Promise<unknown> =>
        new Promise((resolve) => {
          confirmed.sendToQueue(queue, Buffer.from('hello'), {}, (error: unknown) => {
            outcomes.push([error, trace.getActiveSpan() === span]);
            resolve(error);
          });
        });
      await publish();
      await publish();
    });
    expect(outcomes).toEqual([
      [null, true],
      [expect.objectContaining({ message: 'message nacked' }), true],
    ]);
    const sends = await ended(`send ${queue}`, 2);
    expect(sends.map(({ status }) => status)).toEqual([
      { code: 'UNSET' },
      { code: 'ERROR', message: 'message nacked' },
    ]);
    // Without a callback.
    const empty = await createQueue();
    confirmed.sendToQueue(empty, Buffer.from('hello'));
    await confirmed.waitForConfirms();
    expect(await ended(`send ${empty}`)).toMatchObject([{ status: { code: 'UNSET' } }]);
    await confirmed.close();
  });

  it('has one span of a confirmed send, also if amqplib sent it later', async () => {
    const queue = await createQueue();
    const confirmed = await connection.createConfirmChannel();
    const prototype = Object.getPrototypeOf(Object.getPrototypeOf(confirmed));
    const { publish } = prototype;
    prototype.publish = function (...args: unknown[]): boolean {
      queueMicrotask(() => publish.apply(this, args));
      return true;
    };
    try {
      await inSpan('caller', () => promisify(confirmed.sendToQueue).call(confirmed, queue, Buffer.from('hello'), {}));
    } finally {
      prototype.publish = publish;
    }
    expect(recorder.spans().map(({ name }) => name)).toEqual([`send ${queue}`, 'caller']);
    await confirmed.close();
  });

  it('names what is published to by what does not change with every message', async () => {
    const exchange = uniqueName();
    await channel.assertExchange(exchange, 'topic', { autoDelete: true, durable: false });
    const queue = await createQueue();
    await channel.bindQueue(queue, exchange, 'user.#');
    channel.publish(exchange, 'user.1.created', Buffer.from('hello'));
    const { queue: answers } = await channel.assertQueue('', { exclusive: true });
    channel.sendToQueue(answers, Buffer.from('hello'));
    const [send] = await ended(`send ${exchange}`);
    expect(send!.attributes).toEqual({
      ...published(exchange),
      'messaging.rabbitmq.destination.routing_key': 'user.1.created',
    });
    expect((await ended('send (temporary)'))[0]!.attributes).toEqual(published('(temporary)'));
    const message = await channel.get(queue, { noAck: true });
    expect(message.content.toString()).toBe('hello');
  });

  it('starts a trace of its own after a long delay, with a link', async () => {
    const queue = await createQueue();
    channel.sendToQueue(queue, Buffer.from('hello'), { headers: { 'x-delay': 60_001 } });
    const consumer = await openChannel();
    await consumer.consume(queue, async (message: any) => consumer.ack(message));
    const [process] = await ended(`process ${queue}`);
    const [send] = await ended(`send ${queue}`);
    expect(process).toMatchObject({ parentSpanId: '', links: [linkTo(send!)] });
    expect(process!.traceId).not.toBe(send!.traceId);
    await consumer.close();
  });

  it('hands over whatever another sender put into the headers', async () => {
    const queue = await createQueue();
    const zeros = '00-00000000000000000000000000000000-0000000000000000-01';
    const strange: (object | undefined)[] = [
      undefined,
      {},
      { traceparent: 'garbage' },
      { traceparent: zeros },
      { traceparent: 7, tracestate: null, baggage: [1, 'x'], 'x-trace-id': { a: 1 } },
      { traceparent: ['00-', 'x'], 'foreshock-sent': '-1' },
      { 'foreshock-sent': '0', 'foreshock-trace': '-1', 'x-delivery-count': -7, 'x-delay': 'soon' },
      { 'foreshock-sent': '9'.repeat(400), 'x-delivery-count': Number.MAX_VALUE },
      { 'x-trace-id': 'a\r\nSet-Cookie: b' },
      { 'x-death': 'never' },
      { 'x-death': [null, 3, { queue: 7 }, { queue, count: 'many' }] },
      { traceparent: Buffer.from([0xff, 0xfe]), 'x-datadog-trace-id': '1', b3: '1-2-1' },
      { __proto__x: 'y', constructor: 'z', long: 'x'.repeat(1_000) },
    ];
    await untraced(() => {
      for (const headers of strange) channel.sendToQueue(queue, Buffer.from('hello'), { headers });
    });
    const seen: string[] = [];
    const consumer = await openChannel();
    await consumer.consume(queue, async (message: any) => {
      seen.push(message.content.toString());
      consumer.ack(message);
    });
    const processes = await ended(`process ${queue}`, strange.length);
    expect(seen).toEqual(strange.map(() => 'hello'));
    for (const process of processes)
      expect(process).toMatchObject({ parentSpanId: '', links: [], status: { code: 'UNSET' } });
    expect(await channel.checkQueue(queue)).toMatchObject({ messageCount: 0 });
    await consumer.close();
  });

  it('sends a megabyte as it is, and leaves the trace behind where the header would be too long for it', async () => {
    const queue = await createQueue();
    const frameMax: number = connection.connection.frameMax;
    const body = Buffer.alloc(1_000_000, 'ü');
    const baggage = propagation.createBaggage({ big: { value: 'b'.repeat(4_000) } });
    const headers = { big: 'x'.repeat(Math.min(frameMax, 65_000) - 300) };
    inSpan('caller', () => channel.sendToQueue(queue, body));
    context.with(propagation.setBaggage(context.active(), baggage), () =>
      channel.sendToQueue(queue, body, { headers }),
    );
    const seen: [number, number][] = [];
    const consumer = await openChannel();
    await consumer.consume(queue, async (message: any) => {
      seen.push([message.content.compare(body), message.properties.headers.big?.length ?? 0]);
      consumer.ack(message);
    });
    const processes = await ended(`process ${queue}`, 2);
    expect(seen).toEqual([
      [0, 0],
      [0, headers.big.length],
    ]);
    const sends = await ended(`send ${queue}`, 2);
    expect(processes.map(({ parentSpanId }) => parentSpanId)).toEqual([sends[0]!.spanId, '']);
    await consumer.close();
  });

  it('fails as it does without it', async () => {
    const queue = await createQueue();
    expect(() => channel.sendToQueue(queue, 'no buffer')).toThrow(TypeError);
    expect(() => channel.sendToQueue(queue, Buffer.from(''), { headers: 'no object' })).toThrow(TypeError);
    const sends = await ended(`send ${queue}`, 2);
    for (const { attributes } of sends) expect(attributes['error.type']).toBe('TypeError');
  });

  it('ends a handler that throws with what it threw', async () => {
    const queue = await createQueue({ autoDelete: false });
    channel.sendToQueue(queue, Buffer.from('hello'));
    const other = await app.require('amqplib').connect(server.url);
    const consumer = await other.createChannel();
    other.on('error', () => {});
    consumer.on('error', () => {});
    await consumer.consume(queue, () => {
      throw new RangeError('at once');
    });
    const [process] = await ended(`process ${queue}`);
    expect(process!.status).toEqual({ code: 'ERROR', message: 'at once' });
    await other.close().catch(() => {});
    expect(await channel.get(queue, { noAck: true })).toMatchObject({ fields: { redelivered: true } });
    await channel.deleteQueue(queue);
  });

  it('keeps two hundred messages over three handlers apart', async () => {
    shows('amqplib', ['parent'], app.versions['amqplib']);
    const queue = await createQueue();
    const senders = Array.from({ length: 200 }, (_, i) =>
      inSpan('caller', (span) => {
        channel.sendToQueue(queue, Buffer.from(String(i)));
        return span.spanContext().traceId;
      }),
    );
    const seen = new Map<string, string | undefined>();
    const consumers = await Promise.all([1, 2, 3].map(() => openChannel()));
    for (const consumer of consumers) {
      await consumer.consume(queue, async (message: any) => {
        await turn();
        seen.set(message.content.toString(), trace.getActiveSpan()?.spanContext().traceId);
        consumer.ack(message);
      });
    }
    const processes = await ended(`process ${queue}`, 200);
    expect(senders.map((_, i) => seen.get(String(i)))).toEqual(senders);
    expect(new Set(processes.map(({ traceId }) => traceId))).toEqual(new Set(senders));
    await Promise.all(consumers.map((consumer) => consumer.close()));
  });

  it('works the same with callbacks', async () => {
    const callbacks: any = await promisify(app.require('amqplib/callback_api').connect)(server.url);
    const opened: any = await promisify((done: any) => callbacks.createConfirmChannel(done))();
    const queue = await createQueue();
    await inSpan('caller', () =>
      promisify((done: any) => opened.publish('', queue, Buffer.from('hello'), { messageId: 'm1' }, done))(),
    );
    const got: any = await promisify((done: any) => opened.get(queue, {}, done))();
    opened.nack(got);
    await promisify((done: any) =>
      opened.consume(
        queue,
        async (message: any) => {
          opened.ack(message);
        },
        {},
        done,
      ),
    )();
    const processes = await ended(`process ${queue}`, 2);
    const [send] = await ended(`send ${queue}`);
    expect(processes.map(({ parentSpanId, attributes }) => [parentSpanId, attributes])).toEqual([
      [send!.spanId, unsettled(processed(queue, { 'messaging.message.id': 'm1', 'error.type': 'requeued' }))],
      [send!.spanId, processed(queue, { 'messaging.message.id': 'm1', 'queue.attempt': 2 })],
    ]);
    await promisify((done: any) => callbacks.close(done))();
  });
});

describe.each(testedVersions(VERSIONS))('%s', (alias) => {
  it('opens a connection in no trace', async () => {
    const app = installed({ amqplib: alias });
    const server = await startRabbitMq();
    const seen: unknown[] = [];
    const note = (): void => void seen.push(trace.getActiveSpan()?.spanContext().spanId);
    const [other, opener] = await inSpan('opener', async (span) => {
      const opened = await app.require('amqplib').connect(server.url);
      note();
      return [opened, span.spanContext().spanId];
    });
    other.on('close', note);
    const returning = await other.createChannel();
    const returned = new Promise<void>((resolve) =>
      returning.on('return', () => {
        note();
        resolve();
      }),
    );
    returning.publish('', uniqueName(), Buffer.from('1'), { mandatory: true });
    await returned;
    await other.close();
    expect(seen).toEqual([opener, undefined, undefined]);
    await server.stop();
    app.remove();
  });
});

describe.each(['amqp-connection-manager-4', 'amqp-connection-manager'])('%s', (alias) => {
  it('sends what it kept in the caller’s trace, and follows handlers that it drops', async () => {
    const app = installed({ amqplib: 'amqplib', 'amqp-connection-manager': alias });
    const server = await startRabbitMq();
    app.require('amqplib');
    const manager = app.require('amqp-connection-manager').connect([server.url]);
    const queue = uniqueName();
    const channel = manager.createChannel({
      setup: (opened: any) => opened.assertQueue(queue, { durable: false, autoDelete: true }),
    });
    const send = (text: string): Promise<unknown> =>
      inSpan(`request ${text}`, () => channel.sendToQueue(queue, Buffer.from(text)));
    // Before there is a connection, and then all at once.
    await Promise.all(['a', 'b', 'c'].map(send));
    await send('d');
    const sends = await ended(`send ${queue}`, 4);
    for (const text of ['a', 'b', 'c', 'd']) {
      const [request] = await ended(`request ${text}`);
      expect(sends.filter(({ parentSpanId }) => parentSpanId === request!.spanId)).toHaveLength(1);
    }
    const unhandled = await unhandledRejections(async () => {
      await channel.consume(queue, async (message: any) => {
        await turn();
        channel.ack(message);
        throw new RangeError('lost');
      });
      await ended(`process ${queue}`, 4);
    });
    expect(unhandled).toHaveLength(4);
    const processes = await ended(`process ${queue}`, 4);
    expect(new Set(processes.map(({ parentSpanId }) => parentSpanId))).toEqual(
      new Set(sends.map(({ spanId }) => spanId)),
    );
    for (const { attributes } of processes) {
      expect(attributes).toMatchObject({ 'error.type': 'RangeError', 'queue.acked_early': true });
    }
    await channel.close();
    await manager.close();
    await server.stop();
    app.remove();
  });
});
