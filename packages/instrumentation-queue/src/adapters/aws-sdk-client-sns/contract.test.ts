/* oxlint-disable vitest/no-conditional-tests, vitest/no-disabled-tests -- a line with the reason where there is no moto */
import { libraryContract, startMotoIfPossible } from '@foreshock/testkit';
import { afterAll, describe, it } from 'vitest';
import { queueWithPropagator, sentBy, uniqueName } from '../../../test/contract.ts';
import { awsSdkClientSns } from './index.ts';

const server = await startMotoIfPossible();
if ('missing' in server) it.skip(`@aws-sdk/client-sns is not tested here: ${server.missing}`, () => {});
afterAll(async () => {
  if ('moto' in server) await server.moto.stop();
});

describe.skipIf('missing' in server)('@aws-sdk/client-sns', () => {
  const topic = uniqueName();
  libraryContract(awsSdkClientSns, import.meta.url, {
    env: async () => ({ url: 'moto' in server ? server.moto.url : '', topic }),
    instrumentation: queueWithPropagator,
    // Who handles it is of client-sqs: sqs.test.ts.
    isRoomChecked: false,
    expect: sentBy('aws.sns', 'Publish', topic, 'NotFoundException', `${topic}-missing`),
    skip: {
      connections: 'its connections are those of an HTTP client',
      listeners: 'nothing is listened to',
    },
  });
});
