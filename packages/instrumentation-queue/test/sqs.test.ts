/* oxlint-disable vitest/no-conditional-tests, vitest/no-disabled-tests -- a line with the reason where there is no moto */
import { installed, shows, startMotoIfPossible, type Installed, type ReceivedSpan } from '@foreshock/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startRecorder } from './recorder.ts';

const recorder = startRecorder();
const { inSpan, ended, spans } = recorder;
const server = await startMotoIfPossible();
if ('missing' in server) it.skip(`@aws-sdk/client-sqs is not tested here: ${server.missing}`, () => {});
afterAll(async () => {
  if ('moto' in server) await server.moto.stop();
  await recorder.stop();
});
afterEach(() => recorder.clear());

let names = 0;

describe.skipIf('missing' in server).each([
  { sqs: 'aws-sdk-client-sqs-3-300', sns: 'aws-sdk-client-sns-3-300', consumer: 'sqs-consumer-7' },
  { sqs: '@aws-sdk/client-sqs', sns: '@aws-sdk/client-sns', consumer: 'sqs-consumer' },
])('$sqs, $consumer', (aliases) => {
  let app: Installed;
  let SQS: any;
  let SNS: any;
  let client: any;
  let topics: any;
  let Consumer: any;
  const consumers: { stop(): void }[] = [];

  beforeAll(() => {
    app = installed({
      '@aws-sdk/client-sqs': aliases.sqs,
      '@aws-sdk/client-sns': aliases.sns,
      'sqs-consumer': aliases.consumer,
    });
    SQS = app.require('@aws-sdk/client-sqs');
    SNS = app.require('@aws-sdk/client-sns');
    ({ Consumer } = app.require('sqs-consumer'));
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    const endpoint = 'moto' in server ? server.moto.url : '';
    client = new SQS.SQSClient({ endpoint, region: 'us-east-1', credentials });
    topics = new SNS.SNSClient({ endpoint, region: 'us-east-1', credentials });
    return () => {
      client.destroy();
      topics.destroy();
      app.remove();
    };
  });
  afterEach(() => {
    for (const each of consumers.splice(0)) each.stop();
  });

  const call = (command: string, input: object): Promise<any> => client.send(new SQS[`${command}Command`](input));
  const publish = (input: object): Promise<any> => topics.send(new SNS.PublishCommand(input));

  async function queueOf(Attributes?: object): Promise<{ name: string; url: string }> {
    const name = `orders-${process.pid}-${++names}`;
    const { QueueUrl } = await call('CreateQueue', { QueueName: name, Attributes });
    return { name, url: QueueUrl };
  }

  function consume(queueUrl: string, options: object): any {
    const consumer = Consumer.create({ queueUrl, sqs: client, waitTimeSeconds: 1, ...options });
    consumers.push(consumer);
    for (const event of ['error', 'processing_error', 'timeout_error']) consumer.on(event, () => {});
    consumer.start();
    return consumer;
  }

  const common = (operation: string, type: string, queue: string): object => ({
    'messaging.system': 'aws_sqs',
    'messaging.operation.name': operation,
    'messaging.operation.type': type,
    'messaging.destination.name': queue,
  });

  it('says what was sent and handled, and shows the application nothing of it', async () => {
    shows(
      '@aws-sdk/client-sqs',
      ['spans', 'wait', 'parent', 'attempt or hit', 'CJS'],
      app.versions['@aws-sdk/client-sqs']!,
    );
    const { name, url } = await queueOf();
    const seen: any[] = [];
    const told = Promise.withResolvers<void>();
    const consumer = consume(url, {
      messageAttributeNames: ['kind'],
      handleMessage: async (message: object) => (seen.push(structuredClone(message)), message),
    });
    consumer.on('message_processed', () => inSpan('told', async () => told.resolve()));
    const input = {
      QueueUrl: url,
      MessageBody: 'hello',
      MessageAttributes: { kind: { DataType: 'String', StringValue: 'a' } },
    };
    const before = structuredClone(input);
    const { sent, spanId } = await inSpan('caller', async (span) => ({
      sent: await call('SendMessage', input),
      spanId: span.spanContext().spanId,
    }));
    expect(input).toEqual(before);
    const [process] = await ended(`process ${name}`);
    const [send] = await ended(`send ${name}`);
    expect(send).toMatchObject({ kind: 'PRODUCER', parentSpanId: spanId, status: { code: 'UNSET' } });
    expect(send!.attributes).toEqual({
      ...common('SendMessage', 'send', name),
      'messaging.message.id': sent.MessageId,
    });
    expect(process).toMatchObject({ kind: 'CONSUMER', parentSpanId: send!.spanId, status: { code: 'UNSET' } });
    expect(process!.attributes).toEqual({
      ...common('process', 'process', name),
      'messaging.message.id': sent.MessageId,
      'queue.wait_ms': expect.any(Number),
      'queue.attempt': 1,
    });
    expect(seen).toMatchObject([{ Body: 'hello', MessageAttributes: before.MessageAttributes }]);
    expect(Object.keys(seen[0].MessageAttributes)).toEqual(['kind']);
    expect(seen[0].Attributes).toBe(undefined);
    expect(seen[0].MD5OfMessageAttributes).toBe(undefined);
    await told.promise;
    expect((await ended('told'))[0]!.traceId).toBe(send!.traceId);
    expect(spans().filter((span) => span.name.startsWith('receive'))).toEqual([]);
  });

  it.each([true, false])('a message of SNS is in the trace of its publish, raw: %s', async (raw) => {
    shows('@aws-sdk/client-sns', ['spans', 'parent', 'CJS'], app.versions['@aws-sdk/client-sns']!);
    const { name, url } = await queueOf();
    const { TopicArn } = await topics.send(new SNS.CreateTopicCommand({ Name: `topic-${name}` }));
    const { Attributes } = await call('GetQueueAttributes', { QueueUrl: url, AttributeNames: ['QueueArn'] });
    await topics.send(
      new SNS.SubscribeCommand({
        TopicArn,
        Protocol: 'sqs',
        Endpoint: Attributes.QueueArn,
        Attributes: { RawMessageDelivery: String(raw) },
      }),
    );
    consume(url, { handleMessage: async (message: object) => message });
    await publish({ TopicArn, Message: 'hello' });
    const [process] = await ended(`process ${name}`);
    const [send] = await ended(`send topic-${name}`);
    expect(send!.attributes).toMatchObject({ 'messaging.system': 'aws.sns', 'messaging.operation.name': 'Publish' });
    expect(process).toMatchObject({ parentSpanId: send!.spanId, attributes: { 'queue.wait_ms': expect.any(Number) } });
  });

  it('a message has ten attributes: the trace takes what is free, and replaces a forwarded one', async () => {
    const { name, url } = await queueOf();
    const attribute = { DataType: 'String', StringValue: 'a' };
    const some = (count: number): object =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`own-${i}`, attribute]));
    const seen: string[][] = [];
    consume(url, {
      messageAttributeNames: ['All'],
      handleMessage: async (message: any) => (seen.push(Object.keys(message.MessageAttributes).toSorted()), message),
    });
    for (const count of [10, 9]) {
      await call('SendMessage', { QueueUrl: url, MessageBody: 'x', MessageAttributes: some(count) });
      await ended(`process ${name}`, seen.length);
    }
    const stale = { traceparent: { DataType: 'String', StringValue: `00-${'1'.repeat(32)}-${'1'.repeat(16)}-01` } };
    await call('SendMessage', { QueueUrl: url, MessageBody: 'x', MessageAttributes: stale });
    const handled = await ended(`process ${name}`, 3);
    const sent = await ended(`send ${name}`, 3);
    expect(handled.map(({ parentSpanId }) => parentSpanId)).toEqual(['', sent[1]!.spanId, sent[2]!.spanId]);
    expect(seen[0]).toEqual(Object.keys(some(10)));
    expect(seen[1]).toEqual([...Object.keys(some(9)), 'traceparent']);
  });

  it('a batch has one span, and its handler links', async () => {
    const { name, url } = await queueOf();
    await call('SendMessageBatch', {
      QueueUrl: url,
      Entries: ['1', '2'].map((Id) => ({ Id, MessageBody: Id })),
    });
    const [send] = await ended(`send ${name}`);
    expect(send!.attributes).toMatchObject({
      'messaging.operation.name': 'SendMessageBatch',
      'messaging.batch.message_count': 2,
    });
    consume(url, { batchSize: 2, handleMessageBatch: async (messages: object[]) => messages });
    const [process] = await ended(`process ${name}`);
    expect(process).toMatchObject({
      parentSpanId: '',
      attributes: { 'messaging.batch.message_count': 2, 'queue.attempt': 1 },
      links: [{ spanId: send!.spanId }, { spanId: send!.spanId }],
    });
  });

  it('a message fetched by hand is handled until it is deleted or given back, and an empty fetch is nothing', async () => {
    const { name, url } = await queueOf();
    const fetch = async (): Promise<any> => (await call('ReceiveMessage', { QueueUrl: url })).Messages?.[0];
    await call('SendMessage', { QueueUrl: url, MessageBody: 'hello' });
    const first = await inSpan('caller', fetch);
    await call('ChangeMessageVisibility', { QueueUrl: url, ReceiptHandle: first.ReceiptHandle, VisibilityTimeout: 0 });
    const { ReceiptHandle } = await fetch();
    await call('DeleteMessage', { QueueUrl: url, ReceiptHandle });
    expect(await fetch()).toBe(undefined);
    const [send] = await ended(`send ${name}`);
    const received = await ended(`receive ${name}`, 2);
    const handled = await ended(`process ${name}`, 2);
    expect(received).toHaveLength(2);
    expect(received[0]).toMatchObject({ kind: 'CLIENT', links: [{ spanId: send!.spanId }] });
    const told = ({ parentSpanId, status, attributes }: ReceivedSpan): unknown[] => [
      parentSpanId === send!.spanId,
      status.code,
      attributes['error.type'],
      attributes['queue.attempt'],
      typeof attributes['queue.wait_ms'],
    ];
    expect(handled.map(told)).toEqual([
      [true, 'ERROR', 'requeued', 1, 'number'],
      [true, 'UNSET', undefined, 2, 'number'],
    ]);
  });

  it('a handler that takes too long is a time-out, and the last attempt goes to the dead letters', async () => {
    const { url: dead } = await queueOf();
    const { Attributes } = await call('GetQueueAttributes', { QueueUrl: dead, AttributeNames: ['QueueArn'] });
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: Attributes.QueueArn, maxReceiveCount: 2 });
    const { name, url } = await queueOf({ RedrivePolicy });
    let runs = 0;
    consume(url, {
      handleMessageTimeout: 50,
      terminateVisibilityTimeout: true,
      handleMessage: () => (++runs === 1 ? new Promise(() => {}) : Promise.reject(new RangeError('refused'))),
    });
    await call('SendMessage', { QueueUrl: url, MessageBody: 'hello' });
    const handled = await ended(`process ${name}`, 2);
    expect(handled.map(({ attributes }) => attributes)).toMatchObject([
      { 'error.type': 'timeout', 'queue.attempt': 1, 'queue.max_attempts': 2 },
      { 'error.type': 'RangeError', 'queue.attempt': 2, 'queue.dead_lettered': true },
    ]);
    expect(handled[0]!.attributes).not.toHaveProperty('queue.dead_lettered');
  });

  it('a message that just fits goes without the trace', async () => {
    const { name, url } = await queueOf();
    consume(url, { handleMessage: async (message: object) => message });
    await call('SendMessage', { QueueUrl: url, MessageBody: 'x'.repeat(262_100) });
    expect((await ended(`process ${name}`))[0]).toMatchObject({ parentSpanId: '', links: [] });
  });
});
