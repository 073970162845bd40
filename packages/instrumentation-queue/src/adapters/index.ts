// Made by `npm run generate` from the folders beside it.
import { amqplib } from './amqplib/index.ts';
import { bull } from './bull/index.ts';
import { bullmq } from './bullmq/index.ts';
import { kafkajs } from './kafkajs/index.ts';
import { pgBoss } from './pg-boss/index.ts';

/** Every library this boundary knows. */
export const adapters = [amqplib, bull, bullmq, kafkajs, pgBoss];
