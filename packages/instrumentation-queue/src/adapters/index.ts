import type { Adapter } from '@foreshock/kit';
import type { QueueEvents } from '../events.ts';
import { amqplib } from './amqplib/index.ts';
import { bullmq } from './bullmq/index.ts';
import { kafkajs } from './kafkajs/index.ts';
import { pgBoss } from './pg-boss/index.ts';

/** Every queue library this boundary knows; a new one is a folder beside these and a line here. */
export const adapters: readonly Adapter<QueueEvents>[] = [amqplib, bullmq, kafkajs, pgBoss];
