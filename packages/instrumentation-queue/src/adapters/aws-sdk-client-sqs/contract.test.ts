/* oxlint-disable vitest/no-conditional-tests, vitest/no-disabled-tests -- a line with the reason where there is no moto */
import { libraryContract, startMotoIfPossible } from '@foreshock/testkit';
import { afterAll, describe, expect, it } from 'vitest';
import { queueWithPropagator, sentBy, uniqueName } from '../../../test/contract.ts';
import { queueMutants } from '../../../test/mutants.ts';
import { awsSdkClientSqs } from './index.ts';

/** By JSON, and by the protocol before it. */
const MISSING: string = expect.stringMatching(/^(QueueDoesNotExist|AWS\.SimpleQueueService\.NonExistentQueue)$/);

const server = await startMotoIfPossible();
if ('missing' in server) it.skip(`@aws-sdk/client-sqs is not tested here: ${server.missing}`, () => {});
afterAll(async () => {
  if ('moto' in server) await server.moto.stop();
});

describe.skipIf('missing' in server)('@aws-sdk/client-sqs', () => {
  const queue = uniqueName();
  libraryContract(awsSdkClientSqs, import.meta.url, {
    env: async () => ({ url: 'moto' in server ? server.moto.url : '', queue }),
    instrumentation: queueWithPropagator,
    mutants: queueMutants,
    also: ['aws-sdk-client-sqs-3-600'],
    versions: {
      'aws-sdk-client-sqs-3-300': { libraries: { 'sqs-consumer': 'sqs-consumer-7' } },
      'aws-sdk-client-sqs-3-600': { libraries: { 'sqs-consumer': 'sqs-consumer-7' } },
    },
    commands: 'requests',
    expect: sentBy('aws_sqs', 'SendMessage', queue, MISSING, `${queue}-missing`),
    skip: {
      'bounded trace': 'forty messages are 120 requests, as long as 20 s on a busy machine',
      connections: 'its connections are those of an HTTP client',
      listeners: 'nothing is listened to',
    },
  });
});
