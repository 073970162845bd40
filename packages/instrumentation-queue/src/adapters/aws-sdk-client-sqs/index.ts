import type { Adapter } from '@foreshock/kit';
import type { QueueEvents } from '../../events.ts';
import { lastPart } from './command.ts';
import { observeReceives } from './consumer.ts';
import { MessagesInHand } from './in-hand.ts';
import { observeSends, type SendOperation } from './producer.ts';
import { observeConsumers } from './sqs-consumer.ts';

interface SendInput {
  readonly QueueUrl?: string;
}

const destination = ({ QueueUrl }: SendInput): string | undefined =>
  typeof QueueUrl === 'string' ? lastPart(QueueUrl, '/') : undefined;
const body = (entry: object): unknown => (entry as { MessageBody?: unknown }).MessageBody;

const SENDS: readonly SendOperation<SendInput>[] = [
  { system: 'aws_sqs', name: 'SendMessage', destination, body },
  { system: 'aws_sqs', name: 'SendMessageBatch', destination, body, entries: 'Entries' },
];

/** @aws-sdk/client-sqs 3, and the handlers of sqs-consumer above it. */
export const awsSdkClientSqs: Adapter<QueueEvents> = {
  library: '@aws-sdk/client-sqs',
  versions: '>=3.300.0 <4',
  upstream: ['@opentelemetry/instrumentation-aws-sdk'],
  shows: ['spans', 'wait', 'parent', 'attempt or hit'],
  summary: 'messages sent, handled by `sqs-consumer` 7 – 15 and fetched, in one trace, through SNS too; wait; attempt',
  attach(queue, hooks) {
    const inHand = new MessagesInHand(queue);
    hooks.onLoad('@aws-sdk/client-sqs/dist-cjs/index.js', ({ exports }) => {
      observeSends(queue, hooks, exports, SENDS);
      observeReceives(inHand, queue, hooks, exports);
    });
    for (const folder of ['dist', 'dist/cjs', 'dist/esm']) {
      hooks.onLoad(
        `sqs-consumer/${folder}/consumer.js`,
        ({ exports }) => observeConsumers(exports.Consumer.prototype, inHand, queue, hooks),
        { versions: '>=7.0.0 <16' },
      );
    }
  },
};
