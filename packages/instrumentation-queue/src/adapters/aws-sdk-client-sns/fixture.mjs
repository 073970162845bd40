// @aws-sdk/client-sns as an application uses it; the contract suite calls it.
import { CreateTopicCommand, PublishCommand, SNSClient } from '@aws-sdk/client-sns';

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

export async function open({ url, topic }) {
  const client = new SNSClient({ endpoint: url, region: 'us-east-1', credentials });
  const { TopicArn } = await client.send(new CreateTopicCommand({ Name: topic }));
  const publish = (arn, Message) => client.send(new PublishCommand({ TopicArn: arn, Message }));
  return {
    succeed: () => publish(TopicArn, 'hello'),
    fail: () => publish(`${TopicArn}-missing`, 'hello'),
    callback: (done) => client.send(new PublishCommand({ TopicArn, Message: 'hello' }), done),
    call: { owner: Object.getPrototypeOf(SNSClient.prototype), method: 'send' },
    saturate: { limit: 5, run: (i) => publish(TopicArn, String(i)) },
    close: () => client.destroy(),
  };
}
