import type { Adapter } from '@foreshock/kit';
import type { QueueEvents } from '../../events.ts';
import { observeSends, type SendOperation } from '../aws-sdk-client-sqs/producer.ts';

interface PublishInput {
  readonly TopicArn?: string;
  readonly TargetArn?: string;
}

/** Phones and devices get no attributes of ours. */
const TOPIC = /^arn:[^:]*:sns:[^:]*:[^:]*:([^:/]+)$/;

const destination = ({ TopicArn, TargetArn }: PublishInput): string | undefined =>
  TOPIC.exec(String(TopicArn ?? TargetArn))?.[1];
const body = (entry: object): unknown => (entry as { Message?: unknown }).Message;

const SENDS: readonly SendOperation<PublishInput>[] = [
  { system: 'aws.sns', name: 'Publish', destination, body },
  { system: 'aws.sns', name: 'PublishBatch', destination, body, entries: 'PublishBatchRequestEntries' },
];

/** @aws-sdk/client-sns 3: what SQS subscribes to; who handles it, client-sqs sees. */
export const awsSdkClientSns: Adapter<QueueEvents> = {
  library: '@aws-sdk/client-sns',
  versions: '>=3.300.0 <4',
  upstream: ['@opentelemetry/instrumentation-aws-sdk'],
  shows: ['spans', 'parent'],
  summary: 'messages published, alone and in batches, in one trace with the queues that get them',
  attach(queue, hooks) {
    hooks.onLoad('@aws-sdk/client-sns/dist-cjs/index.js', ({ exports }) => observeSends(queue, hooks, exports, SENDS));
  },
};
