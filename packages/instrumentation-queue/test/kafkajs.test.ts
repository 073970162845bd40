/* oxlint-disable vitest/no-conditional-tests, vitest/no-disabled-tests -- a line with the reason where there is no Kafka */
import { setImmediate as turn } from 'node:timers/promises';
import { context, trace } from '@opentelemetry/api';
import { withXTraceId, xTraceIdOf } from '@foreshock/kit';
import { installed, shows, startKafkaIfPossible, type Installed, type ReceivedSpan } from '@foreshock/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startRecorder } from './recorder.ts';

const recorder = startRecorder();
const { inSpan, ended } = recorder;
const server = await startKafkaIfPossible();
if ('missing' in server) it.skip(`kafkajs is not tested here: ${server.missing}`, () => {});
afterAll(async () => {
  recorder.stop();
  if ('kafka' in server) await server.kafka.stop();
});
afterEach(() => recorder.clear());

/** By the names they have in this package's devDependencies. */
const VERSIONS = ['kafkajs-2-0', 'kafkajs'];

let names = 0;
const uniqueName = (what: string): string => `${what}-${process.pid}-${++names}`;

/** kafkajs gives up for good at a RangeError or TypeError. */
class Bounced extends Error {}

const linkTo = ({ traceId, spanId }: ReceivedSpan, attributes: object = {}) => ({ traceId, spanId, attributes });

function sentTo(topic: string, more: object = {}): object {
  return {
    'messaging.system': 'kafka',
    'messaging.operation.name': 'send',
    'messaging.operation.type': 'send',
    'messaging.destination.name': topic,
    ...more,
  };
}

function processed(topic: string, group: string, more: object = {}): object {
  return {
    'messaging.system': 'kafka',
    'messaging.operation.name': 'process',
    'messaging.operation.type': 'process',
    'messaging.destination.name': topic,
    'messaging.destination.partition.id': '0',
    'messaging.kafka.offset': 0,
    'messaging.consumer.group.name': group,
    'queue.wait_ms': expect.any(Number),
    'queue.attempt': 1,
    ...more,
  };
}

describe.skipIf('missing' in server).each(VERSIONS)('%s', (alias) => {
  let app: Installed;
  let kafka: any;
  let admin: any;
  let producer: any;
  const consumers: { disconnect(): Promise<void> }[] = [];

  beforeAll(async () => {
    app = installed({ kafkajs: alias });
    const { Kafka, logLevel } = app.require('kafkajs');
    kafka = new Kafka({
      brokers: ['kafka' in server ? server.kafka.broker : ''],
      logLevel: logLevel.NOTHING,
      retry: { initialRetryTime: 50, retries: 20 },
    });
    admin = kafka.admin();
    await admin.connect();
    producer = kafka.producer();
    await producer.connect();
    return async () => {
      await Promise.all([producer.disconnect(), admin.disconnect()]);
      app.remove();
    };
  });
  afterEach(async () => {
    await Promise.all(consumers.splice(0).map((consumer) => consumer.disconnect()));
  });

  async function createTopic(numPartitions = 1): Promise<string> {
    const topic = uniqueName('topic');
    await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions }] });
    recorder.clear();
    return topic;
  }

  /** A consumer at work; its group. */
  async function consume(topic: string, run: object): Promise<string> {
    const groupId = uniqueName('group');
    const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 50 });
    consumers.push(consumer);
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run(run);
    return groupId;
  }

  it('sends with the trace in the headers, and the caller keeps its own objects', async () => {
    shows('kafkajs', ['wait'], app.versions['kafkajs']);
    const topic = await createTopic();
    const message = Object.freeze({ key: 'k', value: '{"a":1}', headers: Object.freeze({ mine: 'yes' }) });
    const request = Object.freeze({ topic, messages: Object.freeze([message]) });
    const caller = await context.with(withXTraceId(context.active(), 'order-77'), () =>
      inSpan('caller', async (span) => {
        await producer.send(request);
        return span.spanContext();
      }),
    );
    const [send, ...rest] = await ended(`send ${topic}`);
    expect(rest).toEqual([]);
    expect(send).toMatchObject({
      kind: 'PRODUCER',
      traceId: caller.traceId,
      parentSpanId: caller.spanId,
      links: [],
      events: [],
      status: { code: 'UNSET' },
    });
    expect(send!.attributes).toEqual(sentTo(topic));

    const { promise: handled, resolve } = Promise.withResolvers<any>();
    let inside: object | undefined;
    const group = await consume(topic, {
      async eachMessage({ message: received }: any) {
        await turn();
        inside = { span: trace.getActiveSpan()?.spanContext().traceId, id: xTraceIdOf(context.active()) };
        resolve(received);
      },
    });
    const { key, value, headers } = await handled;
    expect([String(key), String(value)]).toEqual(['k', '{"a":1}']);
    expect(Object.fromEntries(Object.entries(headers).map(([name, bytes]) => [name, String(bytes)]))).toEqual({
      mine: 'yes',
      traceparent: `00-${caller.traceId}-${send!.spanId}-03`,
      'x-trace-id': 'order-77',
      'foreshock-trace': expect.stringMatching(/^1;\d{13}$/),
      'foreshock-sent': expect.stringMatching(/^\d{13}$/),
    });
    const [process] = await ended(`process ${topic}`);
    expect(process).toMatchObject({
      kind: 'CONSUMER',
      traceId: caller.traceId,
      parentSpanId: send!.spanId,
      links: [],
      events: [],
      status: { code: 'UNSET' },
    });
    expect(process!.attributes).toEqual(processed(topic, group));
    expect(inside).toEqual({ span: caller.traceId, id: 'order-77' });
  });

  it('numbers the runs of a message that fails', async () => {
    shows('kafkajs', ['attempt or hit'], app.versions['kafkajs']);
    const topic = await createTopic();
    await producer.send({ topic, messages: [{ value: 'one' }] });
    let runs = 0;
    const group = await consume(topic, {
      async eachMessage() {
        if (++runs < 3) throw new Bounced(`run ${runs}`);
      },
    });
    const processes = await ended(`process ${topic}`, 3);
    const [send] = await ended(`send ${topic}`);
    for (const { parentSpanId } of processes) expect(parentSpanId).toBe(send!.spanId);
    expect(processes.map(({ attributes }) => attributes)).toEqual([
      processed(topic, group, { 'error.type': 'Bounced' }),
      processed(topic, group, { 'error.type': 'Bounced', 'queue.attempt': 2 }),
      processed(topic, group, { 'queue.attempt': 3 }),
    ]);
    expect(processes.map(({ status }) => status.code)).toEqual(['ERROR', 'ERROR', 'UNSET']);
  });

  it('makes a trace of each batch, with a link to every sender', async () => {
    const topic = await createTopic();
    for (const value of ['a', 'b']) await producer.send({ topic, messages: [{ value }] });
    const sizes: number[] = [];
    const group = await consume(topic, {
      async eachBatch({ batch }: any) {
        sizes.push(batch.messages.length);
      },
    });
    const [process] = await ended(`process ${topic}`);
    const sends = await ended(`send ${topic}`, 2);
    expect(sizes).toEqual([2]);
    expect(process).toMatchObject({ parentSpanId: '' });
    const facts = {
      'messaging.destination.partition.id': '0',
      'queue.attempt': 1,
      'queue.wait_ms': expect.any(Number),
    };
    expect(process!.links).toEqual([
      linkTo(sends[0]!, { ...facts, 'messaging.kafka.offset': 0 }),
      linkTo(sends[1]!, { ...facts, 'messaging.kafka.offset': 1 }),
    ]);
    expect(process!.attributes).toEqual(processed(topic, group, { 'messaging.batch.message_count': 2 }));
  });

  it('knows a batch that was resolved before its handler failed for one that is lost', async () => {
    const topic = await createTopic();
    await producer.send({ topic, messages: [{ value: 'a' }] });
    await consume(topic, {
      async eachBatch({ batch, resolveOffset }: any) {
        resolveOffset(batch.lastOffset());
        throw new Bounced('too late');
      },
    });
    const [process] = await ended(`process ${topic}`);
    expect(process!.attributes).toMatchObject({ 'queue.acked_early': true, 'error.type': 'Bounced' });
    // It is not redelivered, but 2.0 passes the batch that it has to its handler again.
    await producer.send({ topic, messages: [{ value: 'b' }] });
    const processes = await ended(`process ${topic}`, 2);
    expect(processes[1]!.attributes['messaging.kafka.offset']).toBe(alias === 'kafkajs' ? 1 : 0);
  });

  it('knows a message that was committed by hand before its handler failed for one that is lost', async () => {
    const topic = await createTopic();
    await producer.send({ topic, messages: [{ value: 'a' }, { value: 'b' }] });
    const groupId = uniqueName('group');
    const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 50 });
    consumers.push(consumer);
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    const seen: string[] = [];
    await consumer.run({
      autoCommit: false,
      async eachMessage({ partition, message }: any) {
        seen.push(String(message.value));
        const offset = message.offset === '0' && seen.length === 1 ? '1' : message.offset;
        await consumer.commitOffsets([{ topic, partition, offset }]);
        if (seen.length < 3) throw new Bounced('too late');
      },
    });
    const processes = await ended(`process ${topic}`, 3);
    expect(processes.map(({ attributes }) => [attributes['error.type'], attributes['queue.acked_early']])).toEqual([
      ['Bounced', true],
      // Committed is only what was before it.
      ['Bounced', undefined],
      [undefined, undefined],
    ]);
  });

  it('sends to several topics, in a transaction too, as one call', async () => {
    const [one, two] = [await createTopic(), await createTopic()];
    const topicMessages = [
      { topic: one, messages: [{ value: 'a' }, { value: 'b' }] },
      { topic: two, messages: [{ value: 'c' }] },
    ];
    await producer.sendBatch({ topicMessages });
    const [batch] = await ended('send');
    const { 'messaging.destination.name': _, ...attributes } = sentTo('', {
      'messaging.operation.name': 'sendBatch',
      'messaging.batch.message_count': 3,
    }) as Record<string, unknown>;
    expect(batch!.attributes).toEqual(attributes);
    expect(topicMessages[0]!.messages[0]).toEqual({ value: 'a' });

    const transactional = kafka.producer({
      transactionalId: uniqueName('tx'),
      maxInFlightRequests: 1,
      idempotent: true,
    });
    await transactional.connect();
    const transaction = await transactional.transaction();
    await transaction.send({ topic: one, messages: [{ value: 'd' }] });
    await transaction.commit();
    await transactional.disconnect();
    const [send] = await ended(`send ${one}`);
    await consume(one, { eachMessage: async () => {} });
    const processes = await ended(`process ${one}`, 3);
    expect(processes.map(({ parentSpanId }) => parentSpanId)).toEqual([batch!.spanId, batch!.spanId, send!.spanId]);
  });

  it('fails as it does without it', async () => {
    const other = kafka.producer();
    const refused = inSpan('caller', () => other.send({ topic: 'somewhere', messages: [{ value: 'a' }] }));
    await expect(refused).rejects.toThrow('The producer is disconnected');
    expect((await ended('send somewhere'))[0]).toMatchObject({
      status: { code: 'ERROR', message: 'refused: not connected, or no valid messages' },
    });
    await expect(producer.send({ topic: 'no such:name', messages: [{ value: 'a' }] })).rejects.toMatchObject({
      name: 'KafkaJSNonRetriableError',
    });
    expect((await ended('send no such:name'))[0]!.attributes['error.type']).toBe('KafkaJSNonRetriableError');
    for (const messages of [undefined, [null], [{}], 'text']) {
      recorder.instrumentation.disable();
      const usual = await producer.send({ topic: 'somewhere', messages }).catch((error: Error) => String(error));
      recorder.instrumentation.enable();
      const observed = await producer.send({ topic: 'somewhere', messages }).catch((error: Error) => String(error));
      expect(observed).toBe(usual);
    }
    await expect(producer.send()).rejects.toThrow(TypeError);
  });

  it('hands over whatever another sender put into the headers', async () => {
    const topic = await createTopic();
    const zeros = '00-00000000000000000000000000000000-0000000000000000-01';
    const long = 'x'.repeat(100_000);
    const strange: (object | undefined)[] = [
      undefined,
      {},
      { traceparent: 'garbage' },
      { traceparent: zeros },
      { traceparent: ['00-1', '00-2'] },
      { traceparent: Buffer.from([0xff, 0xfe, 0]), tracestate: long, baggage: long },
      { 'x-trace-id': 'a\r\nSet-Cookie: b', 'foreshock-trace': '-1' },
      { __proto__x: 'y', constructor: 'z', b3: '1-2-1', 'x-datadog-trace-id': '1' },
      Object.fromEntries(Array.from({ length: 2_000 }, (_, i) => [`name-${i}`, 'value'])),
    ];
    recorder.instrumentation.disable();
    await producer.send({ topic, messages: strange.map((headers) => ({ value: 'hello', headers })) });
    recorder.instrumentation.enable();
    const seen: string[] = [];
    await consume(topic, {
      async eachMessage({ message }: any) {
        seen.push(`${message.value} ${Object.keys(message.headers).length}`);
      },
    });
    const processes = await ended(`process ${topic}`, strange.length);
    expect(seen).toEqual(strange.map((headers) => `hello ${Object.keys(headers ?? {}).length}`));
    for (const process of processes)
      expect(process).toMatchObject({ parentSpanId: '', links: [], status: { code: 'UNSET' } });
  });

  it('leaves the trace behind where a message just fits', async () => {
    const topic = await createTopic();
    await admin.alterConfigs({
      validateOnly: false,
      resources: [{ type: 2, name: topic, configEntries: [{ name: 'max.message.bytes', value: '1048588' }] }],
    });
    const value = Buffer.alloc(1_048_588 - 100, 'x');
    await producer.send({ topic, messages: [{ value }] });
    await producer.send({ topic, messages: [{ value: value.subarray(500) }] });
    const sizes: number[] = [];
    await consume(topic, {
      async eachMessage({ message }: any) {
        sizes.push(message.value.length);
      },
    });
    const processes = await ended(`process ${topic}`, 2);
    const sends = await ended(`send ${topic}`, 2);
    expect(sizes).toEqual([value.length, value.length - 500]);
    expect(processes.map(({ parentSpanId }) => parentSpanId)).toEqual(['', sends[1]!.spanId]);
  });

  it('keeps two hundred messages over few handlers apart', async () => {
    shows('kafkajs', ['parent'], app.versions['kafkajs']);
    const topic = await createTopic(3);
    const senders = await Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        inSpan('caller', async (span) => {
          await producer.send({ topic, messages: [{ value: String(i) }] });
          return span.spanContext().traceId;
        }),
      ),
    );
    const seen: (string | undefined)[] = [];
    await consume(topic, {
      partitionsConsumedConcurrently: 3,
      async eachMessage({ message }: any) {
        await turn();
        seen[Number(message.value)] = trace.getActiveSpan()?.spanContext().traceId;
      },
    });
    const processes = await ended(`process ${topic}`, 200);
    expect(seen).toEqual(senders);
    expect(new Set(processes.map(({ traceId }) => traceId))).toEqual(new Set(senders));
  });
});
