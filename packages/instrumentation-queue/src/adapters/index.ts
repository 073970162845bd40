// Made by `npm run generate` from the folders beside it.
import { amqplib } from './amqplib/index.ts';
import { awsSdkClientSns } from './aws-sdk-client-sns/index.ts';
import { awsSdkClientSqs } from './aws-sdk-client-sqs/index.ts';
import { bull } from './bull/index.ts';
import { bullmq } from './bullmq/index.ts';
import { kafkajs } from './kafkajs/index.ts';
import { nats } from './nats/index.ts';
import { natsIoNatsCore } from './nats-io-nats-core/index.ts';
import { pgBoss } from './pg-boss/index.ts';

/** Every library this boundary knows. */
export const adapters = [
  amqplib,
  awsSdkClientSns,
  awsSdkClientSqs,
  bull,
  bullmq,
  kafkajs,
  nats,
  natsIoNatsCore,
  pgBoss,
];
