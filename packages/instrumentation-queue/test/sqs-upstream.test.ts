import { createRequire } from 'node:module';
import { noteScope } from '@foreshock/kit';
import { afterAll, expect, it } from 'vitest';
import { startRecorder } from './recorder.ts';

const recorder = startRecorder();
afterAll(() => recorder.stop());

it('beside upstream, what is asked of SQS and what it answers stay as they are', async () => {
  noteScope('@opentelemetry/instrumentation-aws-sdk');
  const { SQSClient, ReceiveMessageCommand } = createRequire(import.meta.url)('@aws-sdk/client-sqs');
  const client = new SQSClient({ region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } });
  const input = { QueueUrl: 'https://sqs.us-east-1.amazonaws.com/1/orders', MessageAttributeNames: ['kind'] };
  const traceparent = { DataType: 'String', StringValue: `00-${'1'.repeat(32)}-${'1'.repeat(16)}-01` };
  const asked: unknown[] = [];
  // Outermost, in place of the server.
  client.middlewareStack.add(
    () => async (args: { input: unknown }) => {
      asked.push(args.input);
      return { output: { Messages: [{ MessageId: '1', MessageAttributes: { traceparent } }] } };
    },
    { step: 'initialize', priority: 'high' },
  );
  const { Messages } = await client.send(new ReceiveMessageCommand(input));
  client.destroy();
  expect(asked).toEqual([input]);
  expect(Messages).toEqual([{ MessageId: '1', MessageAttributes: { traceparent } }]);
});
