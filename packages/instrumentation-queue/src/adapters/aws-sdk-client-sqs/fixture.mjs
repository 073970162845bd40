// @aws-sdk/client-sqs and sqs-consumer as an application uses them; the contract suite calls it.
import { CreateQueueCommand, DeleteMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { Consumer } from 'sqs-consumer';

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

export async function open({ url, queue }) {
  const client = new SQSClient({ endpoint: url, region: 'us-east-1', credentials });
  const create = async (name) => (await client.send(new CreateQueueCommand({ QueueName: name }))).QueueUrl;
  const QueueUrl = await create(queue);
  const handled = await create(`${queue}-handled`);
  const send = (url, MessageBody, more) => client.send(new SendMessageCommand({ QueueUrl: url, MessageBody, ...more }));
  let consumer;
  return {
    succeed: () => send(QueueUrl, 'hello'),
    fail: () => send(`${QueueUrl}-missing`, 'hello'),
    callback: (done) => client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'hello' }), done),
    call: { owner: Object.getPrototypeOf(SQSClient.prototype), method: 'send' },
    saturate: { limit: 5, run: (i) => send(QueueUrl, String(i)) },
    queue: {
      async consume(handle) {
        consumer = Consumer.create({
          queueUrl: handled,
          sqs: client,
          waitTimeSeconds: 1,
          terminateVisibilityTimeout: true,
          async handleMessage(message) {
            const { ReceiptHandle } = message;
            await handle(message.Body, () =>
              client.send(new DeleteMessageCommand({ QueueUrl: handled, ReceiptHandle })),
            );
            return message;
          },
        });
        consumer.on('error', () => {});
        consumer.on('processing_error', () => {});
        consumer.start();
      },
      send: (content) => send(handled, content),
      sendLater: (content, ms) => send(handled, content, { DelaySeconds: ms / 1000 }),
    },
    close() {
      consumer?.stop({ abort: true });
      client.destroy();
    },
  };
}
