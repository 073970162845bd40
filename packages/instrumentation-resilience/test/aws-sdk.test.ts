import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { installed, recordSpans, shows, type Installed } from '@foreshock/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { policiesWithCalls, spanProcessors } from './with-calls.ts';

const recorded = recordSpans(policiesWithCalls(), { spanProcessors: spanProcessors() });
let server: Server;
let answers: (readonly [status: number, body: string])[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    const [status, body] = answers.shift() ?? [503, ''];
    request.resume().once('end', () => response.writeHead(status, { 'content-type': 'application/json' }).end(body));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
beforeEach(() => recorded.clear());
afterAll(async () => {
  server.close();
  await recorded.stop();
});

/** Where the middleware is: @smithy/middleware-retry, @smithy/core. */
describe.each(['aws-sdk-client-sqs-3-600', '@aws-sdk/client-sqs'])('%s', (alias) => {
  let app: Installed;
  let client: any;
  let ListQueuesCommand: new (input: object) => object;

  beforeAll(() => {
    app = installed({ '@aws-sdk/client-sqs': alias });
    const sqs = app.require('@aws-sdk/client-sqs');
    ({ ListQueuesCommand } = sqs);
    client = new sqs.SQSClient({
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });
    return () => {
      client.destroy();
      app.remove();
    };
  });

  const list = (): Promise<unknown> => recorded.inSpan('caller', () => client.send(new ListQueuesCommand({})));
  const requests = () => recorded.spans().filter(({ kind }) => kind === 'CLIENT');
  const caller = () => recorded.spans().find(({ name }) => name === 'caller')!;

  it('numbers its attempts, and says that it gave up', async () => {
    answers = [];
    const failed = await list().catch((error: unknown) => error);
    expect(failed).toMatchObject({ $metadata: { httpStatusCode: 503 } });
    const attempts = requests();
    expect(attempts.map(({ attributes }) => attributes)).toMatchObject([
      { 'retry.attempt': 1, 'retry.max_attempts': 3, 'retry.policy': '@smithy/core' },
      { 'retry.attempt': 2, 'retry.delay_ms': expect.any(Number), 'http.request.resend_count': 1 },
      { 'retry.attempt': 3, 'retry.delay_ms': expect.any(Number), 'http.request.resend_count': 2 },
    ]);
    expect(attempts.map(({ parentSpanId }) => parentSpanId)).toEqual(Array.from({ length: 3 }, () => caller().spanId));
    expect(caller().events.filter(({ name }) => name === 'retry.summary')).toMatchObject([
      { attributes: { 'retry.attempts': 3, 'retry.outcome': 'failure', 'retry.policy': '@smithy/core' } },
    ]);
  });

  it('an error that is not tried again has no summary', async () => {
    answers = [[403, '{"__type":"AccessDenied"}']];
    await list().catch(() => {});
    expect(requests().map(({ attributes }) => attributes['retry.attempt'])).toEqual([1]);
    expect(caller().events).toEqual([]);
  });
});

it('says of what kind the throttling was', async () => {
  shows('@smithy/core', ['attempt or hit']);
  const { SQSClient, ListQueuesCommand } = await import('@aws-sdk/client-sqs' as string);
  const client = new SQSClient({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 2,
  });
  answers = [
    [400, '{"__type":"com.amazonaws.sqs#RequestThrottled","message":"slow down"}'],
    [400, '{"__type":"com.amazonaws.sqs#RequestThrottled","message":"slow down"}'],
  ];
  await recorded.inSpan('caller', () => client.send(new ListQueuesCommand({}))).catch(() => {});
  client.destroy();
  const summary = recorded
    .spans()
    .flatMap(({ events }) => events)
    .find(({ name }) => name === 'retry.summary');
  expect(summary!.attributes).toMatchObject({ 'retry.attempts': 2, 'error.type': 'RequestThrottled' });
});
